"""What is done instead, when nothing of what was asked for may be sent."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pilothouse.guard.stackfile.base import Name, Number, Seconds, Section

Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]


class _FallbackConfig(Section):
    """Common to all that can become worse."""

    release_after_s: Seconds = Field(
        0.2, description="How long all must be well before the policy's actions are sent again"
    )
    escalate_to: Name | None = Field(None, description="The more severe fallback that takes over when this one lasts")
    escalate_after_s: Annotated[Seconds, Field(gt=0)] | None = Field(None, description="How long it may last")

    @model_validator(mode="after")
    def _escalation_is_complete(self) -> Self:
        if (self.escalate_to is None) != (self.escalate_after_s is None):
            raise ValueError("escalate_to and escalate_after_s belong together; give both or neither")
        return self


class SlowDownConfig(_FallbackConfig):
    """Goes on where the last validated command led, at a fraction of its speed, down to a stand."""

    type: Literal["slow_down"] = "slow_down"
    factor: Share = Field(0.5, description="Speed after each cycle, as a share of the speed before it")


class HoldPositionConfig(_FallbackConfig):
    """Sends the last validated command again."""

    type: Literal["hold_position"] = "hold_position"


class WaitAndRetryConfig(_FallbackConfig):
    """Holds, waits, and lets the policy try again; after the last try it stays."""

    type: Literal["wait_and_retry"] = "wait_and_retry"
    wait_s: Annotated[Seconds, Field(gt=0)] = Field(1.0, description="How long to hold before each try")
    retries: Annotated[int, Field(ge=1, le=1000)] = Field(3, description="How many tries")


class RetreatConfig(_FallbackConfig):
    """Moves to a safe posture. Each command on the way is judged by the same boundaries."""

    type: Literal["retreat"] = "retreat"
    joint_positions: tuple[Number, ...] = Field(
        min_length=1, max_length=64, description="The posture, one position per joint, radians or metres"
    )
    speed_scale: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = Field(
        0.25, description="Share of the joints' highest speeds"
    )


class EmergencyStopConfig(Section):
    """Tells the sinks to stop and latches; only a reset leaves it."""

    type: Literal["emergency_stop"] = "emergency_stop"


FallbackConfig = Annotated[
    SlowDownConfig | HoldPositionConfig | WaitAndRetryConfig | RetreatConfig | EmergencyStopConfig,
    Field(discriminator="type"),
]

SEVERITY = {"slow_down": 1, "hold_position": 2, "wait_and_retry": 2, "retreat": 3, "emergency_stop": 4}
"""Of two fallbacks asked for in one cycle the more severe is taken; escalation goes upwards only."""
