"""The SQL of risk events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

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
        if self.since is not None:
            wanted.append(row.occurred_at >= self.since)
        if self.until is not None:
            wanted.append(row.occurred_at < self.until)
        if self.min_risk_level is not None:
            wanted.append(row.risk_rank >= RANKS[self.min_risk_level])
        return wanted


class RiskEventRows:
    """Queries on risk events within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_new(self, rows: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
        """Insert those that are not there yet; answers their robots and ids."""
        insert = postgresql.insert if self._session.get_bind().dialect.name == "postgresql" else sqlite.insert
        statement = insert(RiskEventRow).on_conflict_do_nothing()
        added = await self._session.execute(statement.returning(RiskEventRow.robot_id, RiskEventRow.event_id), rows)
        return {(robot_id, event_id) for robot_id, event_id in added}

    async def page(self, wanted: Wanted, limit: int, offset: int) -> tuple[Sequence[RiskEventRow], int]:
        """The latest first, and how many there are."""
        conditions = wanted.conditions()
        latest = (RiskEventRow.occurred_at.desc(), RiskEventRow.id.desc())
        total = await self._session.scalar(select(func.count(RiskEventRow.id)).where(*conditions)) or 0
        query = select(RiskEventRow).where(*conditions).order_by(*latest).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total
