"""Who became stale or silent, and the history of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnCollection,
    ColumnElement,
    Executable,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import insert_in
from pilothouse.hub.fleet.domain import DEFAULT_INTERVAL_S, SILENT_INTERVALS, STALE_INTERVALS
from pilothouse.hub.fleet.models import HealthChangeRow, HealthHourRow, RobotRow
from pilothouse.wire.robot import Health


class Changed(NamedTuple):
    """A robot whose health is another since this transaction."""

    robot_id: str
    previous: Health | None
    health: Health
    last_seen_at: datetime | None


class HealthRows:
    """Queries on health within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def is_any_due(self, now: datetime, listening_s: float) -> bool:
        """Whether ``fall`` would change anything; reads alone."""
        due = or_(_is_due(Health.STALE, now, listening_s), _is_due(Health.SILENT, now, listening_s))
        return (await self._session.scalar(select(RobotRow.robot_id).where(due).limit(1))) is not None

    async def fall(self, now: datetime, listening_s: float) -> list[Changed]:
        """Mark those that were not heard of for too long; of several hubs that try, one changes each robot.

        Nobody is blamed for what was said while no hub listened: ``listening_s`` is for how long this one has.
        """
        changed: list[Changed] = []
        for health, previous in (
            (Health.SILENT, Health.STALE),
            (Health.SILENT, Health.HEALTHY),
            (Health.STALE, Health.HEALTHY),
        ):
            statement = (
                update(RobotRow)
                .where(_is_due(health, now, listening_s), RobotRow.health == previous)
                .values(health=health, health_since=now)
                .returning(RobotRow.robot_id, RobotRow.last_seen_at)
            )
            found = await self._session.execute(statement)
            changed += [Changed(robot_id, previous, health, last_seen_at) for robot_id, last_seen_at in found]
        return sorted(changed)

    async def remember(self, changes: Sequence[Changed], now: datetime) -> None:
        rows = [
            {
                "robot_id": change.robot_id,
                "health": change.health,
                "previous": change.previous and change.previous.value,
                "changed_at": now,
            }
            for change in changes
        ]
        await self._session.execute(insert(HealthChangeRow), rows)

    async def count(
        self, robot_id: str, hour_at: datetime, *, disk_free: int | None, depth: int | None, skew_s: float | None
    ) -> None:
        """Add one heartbeat to its hour."""
        heartbeat = {
            "robot_id": robot_id,
            "hour_at": hour_at,
            "heartbeats": 1,
            "least_disk_free_bytes": disk_free,
            "most_outbox_depth": depth,
            "clock_skew_s": skew_s,
        }
        await (await self._session.connection()).execute(_counting(self._session.get_bind().dialect.name), heartbeat)

    async def changes(self, robot_id: str, limit: int) -> Sequence[HealthChangeRow]:
        query = select(HealthChangeRow).where(HealthChangeRow.robot_id == robot_id)
        return (await self._session.scalars(query.order_by(HealthChangeRow.id.desc()).limit(limit))).all()

    async def hours(self, robot_id: str, limit: int) -> Sequence[HealthHourRow]:
        query = select(HealthHourRow).where(HealthHourRow.robot_id == robot_id)
        return (await self._session.scalars(query.order_by(HealthHourRow.hour_at.desc()).limit(limit))).all()

    async def forget(self, *, hours_before: datetime, changes_before: datetime, most_changes: int) -> None:
        """Delete what is old, and of robots that flap all but the newest changes."""
        await self._session.execute(delete(HealthHourRow).where(HealthHourRow.hour_at < hours_before))
        await self._session.execute(delete(HealthChangeRow).where(HealthChangeRow.changed_at < changes_before))
        place = func.row_number().over(partition_by=HealthChangeRow.robot_id, order_by=HealthChangeRow.id.desc())
        numbered = select(HealthChangeRow.id, place.label("place")).subquery()
        surplus = select(numbered.c.id).where(numbered.c.place > most_changes)
        await self._session.execute(delete(HealthChangeRow).where(HealthChangeRow.id.in_(surplus)))


@cache
def _counting(dialect: str) -> Executable:
    """What a heartbeat adds to its hour."""
    new = insert_in(dialect, HealthHourRow)
    hour: ColumnCollection[str, Any] = HealthHourRow.__table__.c
    said = new.excluded
    is_less = or_(hour.least_disk_free_bytes.is_(None), said.least_disk_free_bytes < hour.least_disk_free_bytes)
    is_more = or_(hour.most_outbox_depth.is_(None), said.most_outbox_depth > hour.most_outbox_depth)
    return new.on_conflict_do_update(
        index_elements=["robot_id", "hour_at"],
        set_={
            "heartbeats": hour.heartbeats + 1,
            "least_disk_free_bytes": case((is_less, said.least_disk_free_bytes), else_=hour.least_disk_free_bytes),
            "most_outbox_depth": case((is_more, said.most_outbox_depth), else_=hour.most_outbox_depth),
            "clock_skew_s": func.coalesce(said.clock_skew_s, hour.clock_skew_s),
        },
    )


def _is_due(health: Health, now: datetime, listening_s: float) -> ColumnElement[bool]:
    is_stale = health == Health.STALE
    due_at = RobotRow.stale_at if is_stale else RobotRow.silent_at
    intervals = STALE_INTERVALS if is_stale else SILENT_INTERVALS
    was = (Health.HEALTHY,) if is_stale else (Health.HEALTHY, Health.STALE)
    heard_for = func.coalesce(RobotRow.interval_s, DEFAULT_INTERVAL_S) * intervals <= listening_s
    return and_(RobotRow.health.in_(was), due_at <= now, heard_for, RobotRow.retired_at.is_(None))
