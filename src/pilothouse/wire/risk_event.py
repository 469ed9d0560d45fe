"""What a guard decided that was not plainly fine, on its way robot -> recorder -> hub."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from pilothouse.wire.base import Message, Moment, RobotId
from pilothouse.wire.trigger import FiniteOrNone


class RiskLevel(StrEnum):
    NORMAL = "NORMAL"
    ELEVATED = "ELEVATED"
    CRITICAL = "CRITICAL"
    EMERGENCY = "EMERGENCY"


class RiskEvent(Message):
    """One notable cycle of a guard. ``event_id`` is unique for ever: an event that arrives twice counts once."""

    event_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")
    robot_id: RobotId
    occurred_at: Moment
    outcome: Literal["pass", "clamp", "reject"]
    decision: Literal["PASS", "CLAMP", "REJECT", "FAULT"]
    risk_level: RiskLevel
    mode: Literal["enforce", "monitor", "log_only"] = "enforce"
    incident_id: str | None = Field(None, max_length=100)
    task: str | None = Field(None, max_length=200)
    boundary: str | None = Field(None, max_length=200, description="Who decided")
    layer: Literal["L0", "L1", "L2", "L3"] | None = None
    reason: str = Field("", max_length=2_000)
    fallback: str | None = Field(None, max_length=200)
    cycle_id: int | None = Field(None, ge=0)
    guard_session_id: str | None = Field(None, max_length=200)
    requested: list[FiniteOrNone] | None = Field(
        None, max_length=64, description="Joint targets the policy asked for; null where that was no number"
    )
    executed: list[FiniteOrNone] | None = Field(None, max_length=64, description="Joint targets that were sent")


class RiskEventBatch(Message):
    events: list[RiskEvent] = Field(min_length=1, max_length=500)


class RiskEventsAccepted(Message):
    accepted: int
    duplicates: int


class RiskEventList(Message):
    items: list[RiskEvent]
    total: int
    limit: int
    offset: int
