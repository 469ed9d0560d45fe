"""Healthy, stale or silent: found out without being asked, and remembered."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.fleet.domain import UnknownRobot
from pilothouse.hub.fleet.models import HealthChangeRow, HealthHourRow
from pilothouse.hub.fleet.repository import Changed, EnrolmentRows, HealthRows, RobotRows
from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.wire.robot import Health, HealthChange, HealthHour, RobotHealth

JUDGE_EVERY_S = 1.0
FORGET_EVERY_S = 3_600.0
HOURS_KEPT = timedelta(days=14)
CHANGES_KEPT = timedelta(days=90)
# A robot on the edge of its radio flaps all day; what it did last is enough.
MOST_CHANGES = 1_000
ENROLMENTS_KEPT = timedelta(days=90)


class RobotHealths:
    """How robots are, and how they were."""

    def __init__(self, database: Database, events: Events, clock: Clock) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._listening_since_ns = clock.monotonic_ns()

    async def judge(self) -> list[Changed]:
        """Mark and tell who was not heard of for too long."""
        now = at(self._clock.now_ns())
        listening_s = (self._clock.monotonic_ns() - self._listening_since_ns) / NS_PER_S
        async with self._database.reading() as session:
            if not await HealthRows(session).is_any_due(now, listening_s):
                return []
        async with self._database.transaction() as session:
            rows = HealthRows(session)
            changes = await rows.fall(now, listening_s)
            if changes:
                await rows.remember(changes, now)
            for change in changes:
                tell_change(self._events, session, change)
        return changes

    async def of_robot(self, session: AsyncSession, robot_id: str, *, changes: int, hours: int) -> RobotHealth:
        """How one robot is and was; raises UnknownRobot."""
        row = await RobotRows(session).get(robot_id)
        if row is None:
            raise UnknownRobot(robot_id=robot_id)
        history = HealthRows(session)
        return RobotHealth(
            robot_id=robot_id,
            health=row.health,
            health_since=row.health_since,
            last_seen_at=row.last_seen_at,
            interval_s=row.interval_s,
            stale_at=row.stale_at,
            silent_at=row.silent_at,
            clock_skew_s=row.clock_skew_s,
            changes=[_change(one) for one in await history.changes(robot_id, changes)],
            hours=[_hour(one) for one in await history.hours(robot_id, hours)],
        )

    async def forget(self) -> None:
        """Delete what is older than anybody asks for."""
        now = at(self._clock.now_ns())
        async with self._database.transaction() as session:
            await HealthRows(session).forget(
                hours_before=now - HOURS_KEPT, changes_before=now - CHANGES_KEPT, most_changes=MOST_CHANGES
            )
            await EnrolmentRows(session).forget_ended(now - ENROLMENTS_KEPT)


def tell_change(events: Events, session: AsyncSession, change: Changed) -> None:
    """Push that a robot's health is another."""
    facts = {
        "robot_id": change.robot_id,
        "health": change.health.value,
        "previous": change.previous and change.previous.value,
        "last_seen_at": change.last_seen_at and change.last_seen_at.isoformat(),
    }
    events.append(session, HUB_STREAM, "robot.health_changed", change.robot_id, facts)


def _change(row: HealthChangeRow) -> HealthChange:
    previous = None if row.previous is None else Health(row.previous)
    return HealthChange(health=row.health, previous=previous, changed_at=row.changed_at)


def _hour(row: HealthHourRow) -> HealthHour:
    return HealthHour(
        hour_at=row.hour_at,
        heartbeats=row.heartbeats,
        least_disk_free_bytes=row.least_disk_free_bytes,
        most_outbox_depth=row.most_outbox_depth,
        clock_skew_s=row.clock_skew_s,
    )
