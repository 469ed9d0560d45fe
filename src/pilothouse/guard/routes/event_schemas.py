"""The event of a cycle, described. Events leave as they were encoded; nothing is validated on the way."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pilothouse.guard.model import Decision, Enforcement, Layer, RiskLevel


class _Described(BaseModel):
    model_config = ConfigDict(defer_build=True)


class LatencyMs(_Described):
    obs: float
    policy: float
    validate_: float = Field(alias="validate")
    sink: float
    total: float


class StatusOfGuard(_Described):
    name: str
    layer: Layer
    decision: Decision
    reason: str
    boundary: str | None = Field(description="Who decided within the guard")
    mode: Enforcement


class StagesMs(_Described):
    source: float
    policy: float
    guards: float
    sink: float
    total: float


class Perf(_Described):
    """Milliseconds."""

    stages: StagesMs
    layers: dict[str, float] = Field(description="Of the layers that ran in this cycle")
    guards: dict[str, float] = Field(description="The latest time of each guard")
    deadline_ms: float
    slack_ms: float = Field(description="Negative means over budget")


class CycleEvent(_Described):
    """One turn of the loop."""

    type: Literal["cycle"]
    seq: int = Field(description="Counts events since the program started; a gap is an event left out")
    missed: int | None = Field(None, description="On WebSockets: how many events this client did not get before it")
    cycle_id: int = Field(description="Counts the cycles of a session, from 0")
    trace_id: str
    was_rejected: bool
    was_clamped: bool
    risk_level: RiskLevel
    fallback_triggered: str | None
    latency_ms: LatencyMs
    guard_statuses: list[StatusOfGuard]
    active_task: str | None
    active_boundaries: list[str]
    active_cameras: list[str]
    timestamp: float
    decision: Decision
    outcome: Literal["pass", "clamp", "reject"]
    boundary: str | None = Field(description="Who decided")
    reasons: list[str]
    failure_type: str | None
    mode: Enforcement
    session_id: str
    requested: list[float | None] | None = Field(
        description="Joint targets the policy asked for; null where they were not finite"
    )
    executed: list[float] | None = Field(description="Joint targets that were sent")
    perf: Perf | None = None


class TelemetryHistory(_Described):
    events: list[CycleEvent] = Field(description="Oldest first")
    total: int = Field(description="How many events there have been")
