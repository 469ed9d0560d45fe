"""Tables of the fleet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Enum, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, BigId, Json, UtcDateTime
from pilothouse.wire.robot import Health

HEALTHS = Enum(
    Health,
    name="health",
    native_enum=False,
    create_constraint=True,
    length=10,
    values_callable=lambda healths: [health.value for health in healths],
)


class RobotRow(Base):
    """A robot known by enrolment, heartbeat or recording; ``last_seen_at`` and ``heartbeat`` are of the last heartbeat.

    ``stale_at`` and ``silent_at`` say when it will be that without another one.
    """

    __tablename__ = "robots"

    robot_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    interval_s: Mapped[float | None]
    heartbeat: Mapped[dict[str, Any] | None] = mapped_column(Json)
    name: Mapped[str | None] = mapped_column(String(200))
    site: Mapped[str | None] = mapped_column(String(200))
    versions: Mapped[dict[str, str] | None] = mapped_column(Json)
    health: Mapped[Health | None] = mapped_column(HEALTHS)
    health_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stale_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    silent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    clock_skew_s: Mapped[float | None]
    enrolled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(None, "health", "stale_at"),
        Index(None, "health", "silent_at"),
        Index(None, "site", "robot_id"),
    )


class RobotTagRow(Base):
    __tablename__ = "robot_tags"

    robot_id: Mapped[str] = mapped_column(String(100), ForeignKey("robots.robot_id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(100), primary_key=True)

    __table_args__ = (Index(None, "tag", "robot_id"),)


class EnrolmentRow(Base):
    """A code that lets one robot in, once."""

    __tablename__ = "enrolments"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    code_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    robot_id: Mapped[str | None] = mapped_column(String(100))
    site: Mapped[str | None] = mapped_column(String(200))
    tags: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by: Mapped[str | None] = mapped_column(String(100))


class HealthChangeRow(Base):
    __tablename__ = "robot_health_changes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    robot_id: Mapped[str] = mapped_column(String(100))
    health: Mapped[Health] = mapped_column(HEALTHS)
    previous: Mapped[str | None] = mapped_column(String(10))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (Index(None, "robot_id", "id"),)


class HealthHourRow(Base):
    """One hour of heartbeats of one robot."""

    __tablename__ = "robot_health_hours"

    robot_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    hour_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True, index=True)
    heartbeats: Mapped[int]
    least_disk_free_bytes: Mapped[int | None] = mapped_column(BigInteger)
    most_outbox_depth: Mapped[int | None] = mapped_column(BigInteger)
    clock_skew_s: Mapped[float | None]
