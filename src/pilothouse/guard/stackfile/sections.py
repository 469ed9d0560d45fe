"""Guards, tasks, safety, risk, loopback, telemetry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pilothouse.guard.model import Enforcement, Layer
from pilothouse.guard.stackfile.base import Name, Positive, Section


class GuardConfig(Section):
    """Boundaries of one layer that report under one name."""

    layer: Layer = Field(description="L0 out-of-distribution, L1 motion, L2 task, L3 hardware")
    boundaries: tuple[Name, ...] | None = Field(
        None, description="Its boundaries; when absent, all of its layer that no other guard has"
    )
    mode: Enforcement | None = Field(None, description="Absent: that of safety")


class TaskConfig(Section):
    """What holds while a task runs."""

    boundaries: Annotated[tuple[Name, ...], Field(min_length=1)] | None = Field(
        None, description="The boundaries that hold; all when absent"
    )
    fallback: Name | None = Field(
        None, description="For what names no fallback of its own: a late policy, a stale observation, a boundary"
    )


class SafetyConfig(Section):
    """How often, how fast, how old, and what a decision does."""

    control_frequency_hz: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)] = Field(
        50.0, description="Cycles per second"
    )
    cycle_budget_ms: Positive | None = Field(
        None, description="How long a cycle may take; 1000 / control_frequency_hz when absent, and never more"
    )
    max_obs_age_s: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = Field(
        0.2, description="An older observation is rejected"
    )
    on_no_task: Literal["reject", "emergency_stop"] = Field(
        "reject", description="What happens to actions while no task is active"
    )
    mode: Enforcement = Field(
        Enforcement.ENFORCE,
        description="enforce acts; monitor reports and counts, but sends what was asked for; log_only writes it down",
    )

    @model_validator(mode="after")
    def _budget_fits(self) -> Self:
        period_ms = 1000 / self.control_frequency_hz
        if self.cycle_budget_ms is not None and self.cycle_budget_ms > period_ms * 1.000_001:
            raise ValueError(
                f"cycle_budget_ms ({self.cycle_budget_ms:g}) is longer than a cycle at control_frequency_hz "
                f"{self.control_frequency_hz:g} ({period_ms:g} ms)"
            )
        return self

    @property
    def budget_ms(self) -> float:
        """The cycle budget, given or made."""
        return 1000 / self.control_frequency_hz if self.cycle_budget_ms is None else self.cycle_budget_ms


class RiskConfig(Section):
    """When the risk level rises, and what the risk log keeps."""

    window_s: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = Field(
        10.0, description="The sliding window that the level is made from"
    )
    elevated_after: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        3, description="Clamped or rejected cycles in the window that make it ELEVATED"
    )
    critical_after: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        10, description="Rejected cycles in the window that make it CRITICAL"
    )
    log_all: bool = Field(False, description="Keep every cycle, not only those that are not plainly PASS at NORMAL")
    max_rows: Annotated[int, Field(ge=1, le=100_000_000)] = Field(200_000, description="The oldest go first")
    max_age_s: Positive = Field(30 * 86_400.0, description="Older ones go")


class LoopbackConfig(Section):
    """Recording of every cycle."""

    backend: Literal["mcap", "none"] = Field("mcap", description="mcap records sessions, none does not")
    output_dir: Path = Field(Path("sessions"), description="Where session files lie; relative to --data")
    rotate_mb: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = Field(
        512.0, description="A new file begins at this size"
    )
    rotate_minutes: Annotated[float, Field(gt=0, le=1e5, allow_inf_nan=False)] = Field(
        60.0, description="A new file begins at this age"
    )
    images: bool = Field(True, description="Record the cameras too")
    image_rate_hz: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = Field(
        10.0, description="At most so many images per camera and second"
    )
    compression: Literal["zstd", "lz4", "none"] = Field("zstd", description="How chunks are compressed")
    max_total_mb: Positive | None = Field(None, description="The oldest files go when all together are larger")


class FoxgloveConfig(Section):
    """The robot live in Foxglove and Lichtblick."""

    host: str = Field("127.0.0.1", min_length=1, max_length=255, description="Address to listen on")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(8765, description="Port to listen on; 0 takes any free one")


class TelemetryConfig(Section):
    """What clients are told of running cycles."""

    history: Annotated[int, Field(ge=50, le=100_000)] = Field(
        1000, description="Cycles kept for GET /api/telemetry/history"
    )
    images: bool = Field(True, description="Send camera frames as well")
    image_rate_hz: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = Field(
        15.0, description="At most so many frames per camera and second"
    )
    foxglove: FoxgloveConfig | None = Field(None, description="A Foxglove-compatible WebSocket; none when absent")
