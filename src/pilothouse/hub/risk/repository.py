"""The SQL of risk events."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import insert_into
from pilothouse.hub.risk.domain import RANKS
from pilothouse.hub.risk.models import RiskEventRow
from pilothouse.wire import RiskLevel


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which risk events a list is about; None does not narrow."""

    robot_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    outcome: str | None = None
    min_risk_level: RiskLevel | None = None
    incident_id: str | None = None
    robot_ids: Collection[str] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        row = RiskEventRow
        wanted: list[ColumnElement[bool]] = []
        for column, value in (
            (row.robot_id, self.robot_id),
            (row.outcome, self.outcome),
            (row.incident_id, self.incident_id),
        ):
            if value is not None:
                wanted.append(column == value)
        if self.robot_ids:
            wanted.append(row.robot_id.in_(self.robot_ids))
        if self.since is not None:
            wanted.append(row.occurred_at >= self.since)
        if self.until is not None:
            wanted.append(row.occurred_at < self.until)
        if self.min_risk_level is not None:
            wanted.append(row.risk_rank >= RANKS[self.min_risk_level])
        return wanted


class Reported(NamedTuple):
    """How much one robot's guard reported."""

    robot_id: str
    events: int
    clamped: int
    rejected: int
    worst_rank: int
    latest_at: datetime


class RiskEventRows:
    """Queries on risk events within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_new(self, rows: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
        """Insert those that are not there yet; answers their robots and ids."""
        statement = insert_into(self._session, RiskEventRow).on_conflict_do_nothing()
        added = await self._session.execute(statement.returning(RiskEventRow.robot_id, RiskEventRow.event_id), rows)
        return {(robot_id, event_id) for robot_id, event_id in added}

    async def page(self, wanted: Wanted, limit: int, offset: int) -> tuple[Sequence[RiskEventRow], int]:
        """The latest first, and how many there are."""
        conditions = wanted.conditions()
        latest = (RiskEventRow.occurred_at.desc(), RiskEventRow.id.desc())
        total = await self._session.scalar(select(func.count(RiskEventRow.id)).where(*conditions)) or 0
        query = select(RiskEventRow).where(*conditions).order_by(*latest).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def by_robot(self, wanted: Wanted, limit: int, offset: int) -> tuple[Sequence[Reported], int]:
        """Whoever reported last comes first; and how many robots there are."""
        row, conditions = RiskEventRow, wanted.conditions()
        total = await self._session.scalar(select(func.count(row.robot_id.distinct())).where(*conditions)) or 0
        latest_at = func.max(row.occurred_at)
        query = (
            select(
                row.robot_id, func.count(row.id),
                func.count(row.id).filter(row.outcome == "clamp"), func.count(row.id).filter(row.outcome == "reject"),
                func.max(row.risk_rank), latest_at,
            )
            .where(*conditions).group_by(row.robot_id).order_by(latest_at.desc(), row.robot_id)
            .limit(limit).offset(offset)
        )  # fmt: skip
        return [Reported(*found) for found in await self._session.execute(query)], total

    async def latest(self, wanted: Wanted, reported: Sequence[Reported]) -> dict[str, RiskEventRow]:
        """The latest event of each of these robots."""
        row = RiskEventRow
        moments = [(one.robot_id, one.latest_at) for one in reported]
        at_last = tuple_(row.robot_id, row.occurred_at).in_(moments)
        query = select(row).where(*wanted.conditions(), at_last).order_by(row.id)
        return {found.robot_id: found for found in await self._session.scalars(query)}

    async def boundaries(self, wanted: Wanted, robot_ids: Collection[str]) -> dict[str, list[str]]:
        """Which boundaries decided at each of these robots, in order."""
        row = RiskEventRow
        own = (row.robot_id.in_(robot_ids), row.boundary.is_not(None))
        query = select(row.robot_id, row.boundary).where(*wanted.conditions(), *own).distinct()
        found: dict[str, list[str]] = {}
        for robot_id, boundary in await self._session.execute(query.order_by(row.robot_id, row.boundary)):
            found.setdefault(robot_id, []).append(str(boundary))
        return found
