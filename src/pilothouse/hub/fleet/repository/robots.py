"""Rows of robots and their tags."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import ColumnCollection, ColumnElement, case, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

from pilothouse.hub.db import insert_in, insert_into
from pilothouse.hub.fleet.models import RobotRow, RobotTagRow
from pilothouse.wire.robot import Health

SAID = ("last_seen_at", "interval_s", "heartbeat", "stale_at", "silent_at", "clock_skew_s", "versions")
"""The columns that a heartbeat sets."""


@cache
def _beating(dialect: str) -> ReturningInsert[Any]:
    """What a heartbeat does. Made once: it runs hundreds of times in a second."""
    new = insert_in(dialect, RobotRow)
    said: dict[str, Any] = {name: new.excluded[name] for name in SAID if name != "versions"}
    said["versions"] = func.coalesce(new.excluded.versions, RobotRow.__table__.c.versions)
    known: ColumnCollection[str, Any] = RobotRow.__table__.c
    return new.on_conflict_do_update(
        index_elements=["robot_id"], set_=said, where=known.retired_at.is_(None)
    ).returning(known.first_seen_at, known.health)


_TROUBLE = case(
    (RobotRow.health == Health.SILENT, 0), (RobotRow.health == Health.STALE, 1),
    (RobotRow.health == Health.HEALTHY, 2), else_=3,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Beaten:
    """What a heartbeat found."""

    is_new: bool
    health: Health | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which robots a list is about; None does not narrow."""

    site: str | None = None
    tag: str | None = None
    health: Health | Literal["unheard"] | None = None
    text: str | None = None
    robot_id: str | None = None
    retired: bool = False
    worst_first: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        is_retired = RobotRow.retired_at.is_not(None)
        wanted = [*self.about(), is_retired if self.retired else ~is_retired]
        if self.health is not None:
            wanted.append(RobotRow.health.is_(None) if self.health == "unheard" else RobotRow.health == self.health)
        return wanted

    def about(self) -> list[ColumnElement[bool]]:
        """The same however they are."""
        wanted: list[ColumnElement[bool]] = []
        if self.robot_id is not None:
            wanted.append(RobotRow.robot_id == self.robot_id)
        if self.site is not None:
            wanted.append(RobotRow.site == self.site)
        if self.tag is not None:
            wanted.append(exists().where(RobotTagRow.robot_id == RobotRow.robot_id, RobotTagRow.tag == self.tag))
        if self.text:
            named = (RobotRow.robot_id, RobotRow.name, RobotRow.site)
            wanted.append(or_(*(column.icontains(self.text, autoescape=True) for column in named)))
        return wanted


class RobotRows:
    """Queries on robots within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def beat(self, robot_id: str, now: datetime, said: dict[str, Any]) -> Beaten | None:
        """One statement for one heartbeat; None when the robot is retired."""
        statement = _beating(self._session.get_bind().dialect.name)
        fresh = {"robot_id": robot_id, "first_seen_at": now, "health": Health.HEALTHY, "health_since": now}
        found = (await (await self._session.connection()).execute(statement, {**fresh, **said})).first()
        return None if found is None else Beaten(found.first_seen_at == now, found.health)

    async def add_new(self, robot_id: str, now: datetime) -> bool:
        """True when the robot was not known before."""
        new = insert_into(self._session, RobotRow).values(robot_id=robot_id, first_seen_at=now)
        return await self._session.scalar(new.on_conflict_do_nothing().returning(RobotRow.robot_id)) is not None

    async def change(self, robot_id: str, **values: Any) -> bool:
        """Set columns; False when there is no such robot."""
        statement = update(RobotRow).where(RobotRow.robot_id == robot_id).values(**values)
        return await self._session.scalar(statement.returning(RobotRow.robot_id)) is not None

    async def get(self, robot_id: str) -> RobotRow | None:
        return await self._session.scalar(select(RobotRow).where(RobotRow.robot_id == robot_id))

    async def at_site(self, site: str) -> Sequence[str]:
        query = select(RobotRow.robot_id).where(RobotRow.site == site).order_by(RobotRow.robot_id)
        return (await self._session.scalars(query)).all()

    async def page(self, wanted: Wanted, limit: int, offset: int) -> tuple[Sequence[RobotRow], int]:
        """Robots by name, and how many there are."""
        conditions = wanted.conditions()
        total = await self._session.scalar(select(func.count(RobotRow.robot_id)).where(*conditions)) or 0
        order = (_TROUBLE, RobotRow.robot_id) if wanted.worst_first else (RobotRow.robot_id,)
        query = select(RobotRow).where(*conditions).order_by(*order).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def by_health(self, wanted: Wanted) -> dict[str, int]:
        """How many there are of each health, whichever is wanted; those that are retired count as that alone."""
        is_retired = RobotRow.retired_at.is_not(None)
        query = select(is_retired, RobotRow.health, func.count()).where(*wanted.about())
        found = dict.fromkeys((*(health.value for health in Health), "unheard", "retired"), 0)
        for retired, health, count in await self._session.execute(query.group_by(is_retired, RobotRow.health)):
            found["retired" if retired else health.value if health else "unheard"] += count
        return found

    async def tags(self, robot_ids: Collection[str]) -> dict[str, list[str]]:
        """The tags of each of these robots, in order; those without any are left out."""
        if not robot_ids:
            return {}
        query = select(RobotTagRow.robot_id, RobotTagRow.tag).where(RobotTagRow.robot_id.in_(robot_ids))
        found: dict[str, list[str]] = {}
        for robot_id, tag in await self._session.execute(query.order_by(RobotTagRow.robot_id, RobotTagRow.tag)):
            found.setdefault(robot_id, []).append(tag)
        return found

    async def sites(self, robot_ids: Collection[str]) -> dict[str, str | None]:
        query = select(RobotRow.robot_id, RobotRow.site).where(RobotRow.robot_id.in_(robot_ids))
        return {row.robot_id: row.site for row in await self._session.execute(query)}

    async def set_tags(self, robot_id: str, tags: Collection[str]) -> None:
        await self._session.execute(delete(RobotTagRow).where(RobotTagRow.robot_id == robot_id))
        rows = [{"robot_id": robot_id, "tag": tag} for tag in sorted(set(tags))]
        if rows:
            await self._session.execute(insert(RobotTagRow), rows)
