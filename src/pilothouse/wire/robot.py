"""What a hub knows of its robots beside their heartbeats."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from pilothouse.wire.base import Message, Moment
from pilothouse.wire.enrolment import Tag


class Health(StrEnum):
    """How long a robot has not been heard of, in units of its own interval."""

    HEALTHY = "healthy"
    STALE = "stale"
    SILENT = "silent"


class RobotUpdate(Message):
    """What people call a robot and where it is; fields that are not sent stay, null and an empty list clear."""

    name: str | None = Field(None, max_length=200)
    site: str | None = Field(None, max_length=200)
    tags: list[Tag] | None = Field(None, max_length=50)


class HealthChange(Message):
    """A robot became healthy, stale or silent."""

    health: Health
    previous: Health | None = None
    changed_at: Moment


class HealthHour(Message):
    """What one hour of heartbeats came to."""

    hour_at: Moment
    heartbeats: int
    least_disk_free_bytes: int | None = None
    most_outbox_depth: int | None = None
    clock_skew_s: float | None = Field(None, description="At the last heartbeat of the hour")


class RobotHealth(Message):
    """How a robot is, and how it was; newest first."""

    robot_id: str
    health: Health | None = Field(None, description="null for a robot that never sent a heartbeat")
    health_since: Moment | None = None
    last_seen_at: Moment | None = None
    interval_s: float | None = None
    stale_at: Moment | None = Field(None, description="When it will count as stale without another heartbeat")
    silent_at: Moment | None = None
    clock_skew_s: float | None = Field(None, description="Its clock minus the hub's; positive when it is ahead")
    changes: list[HealthChange]
    hours: list[HealthHour]


class OpenEnrolment(Message):
    """A code that was given out and not used yet; the code itself is not kept."""

    enrolment_id: str
    robot_id: str | None = None
    site: str | None = None
    tags: list[str]
    created_at: Moment
    created_by: str
    expires_at: Moment


class OpenEnrolmentList(Message):
    items: list[OpenEnrolment]
    total: int
    limit: int
    offset: int
