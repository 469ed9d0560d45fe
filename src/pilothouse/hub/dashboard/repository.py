"""The SQL of the dashboard: each number is counted where the rows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.states import ApprovalStatus, TaskStatus
from pilothouse.hub.boards.models import ApprovalDecisionRow, ApprovalRow, BoardRow, TaskRow
from pilothouse.hub.identity import BoardRights
from pilothouse.hub.identity.models.agents import AgentRow
from pilothouse.hub.incidents.domain.states import LIVE
from pilothouse.hub.incidents.models import IncidentRow

_DECIDED = (ApprovalStatus.APPROVED, ApprovalStatus.REJECTED)


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when."""

    since: datetime
    until: datetime


class Figures:
    """Queries over the boards that somebody sees, within one session."""

    def __init__(self, session: AsyncSession, rights: BoardRights, window: Window) -> None:
        self._session = session
        self._rights = rights
        self._window = window
        self._dialect = session.get_bind().dialect.name

    async def boards(self) -> int:
        own = BoardRow.organization_id == (self._rights.organization_id or "")
        seen = own if self._rights.all_read else and_(own, BoardRow.id.in_(sorted(self._rights.readable)))
        return await self._session.scalar(select(func.count()).select_from(BoardRow).where(seen)) or 0

    async def tasks(self) -> Mapping[str, int]:
        """How many there are now, by status."""
        query = select(TaskRow.status, func.count().label("tasks")).where(self._seen(TaskRow)).group_by(TaskRow.status)
        found = {one.status: one.tasks for one in await self._session.execute(query)}
        return {status.value: found.get(status, 0) for status in TaskStatus}

    async def work(self) -> tuple[int, int, int, float | None]:
        """Overdue now; created and done within the window, and how long the latter took."""
        row, window = TaskRow, self._window
        is_done = self._within(row.done_at)
        query = select(
            func.count().filter(row.due_at < window.until, row.status != TaskStatus.DONE),
            func.count().filter(self._within(row.created_at)),
            func.count().filter(is_done),
            func.avg(self._seconds(row.done_at, row.started_at)).filter(is_done, row.started_at.is_not(None)),
        ).where(
            self._seen(row),
            or_(row.status != TaskStatus.DONE, is_done, self._within(row.created_at)),
        )
        overdue, created, done, took = (await self._session.execute(query)).one()
        return overdue, created, done, None if took is None else float(took)

    async def throughput(self) -> list[tuple[date, int]]:
        """Days on which something was done, in order."""
        day = self._day(TaskRow.done_at)
        query = select(day, func.count()).where(self._seen(TaskRow), self._within(TaskRow.done_at)).group_by(day)
        found = (await self._session.execute(query.order_by(day))).all()
        return [(one if isinstance(one, date) else date.fromisoformat(one), count) for one, count in found]

    async def approvals(self) -> tuple[int, datetime | None]:
        """How many wait, and since when the first of them."""
        waits = (self._seen(ApprovalRow), ApprovalRow.status == ApprovalStatus.PENDING)
        query = select(func.count(), func.min(ApprovalRow.created_at)).where(*waits)
        waiting, oldest = (await self._session.execute(query)).one()
        return waiting, oldest

    async def decisions(self) -> tuple[int, float | None]:
        """Within the window, and how long they took."""
        decision, approval = ApprovalDecisionRow, ApprovalRow
        took = self._seconds(decision.decided_at, approval.created_at)
        query = (
            select(func.count(), func.avg(took))
            .select_from(decision)
            .join(approval, approval.id == decision.approval_id)
            .where(self._seen(approval), decision.status.in_(_DECIDED), self._within(decision.decided_at))
        )
        count, mean = (await self._session.execute(query)).one()
        return count, None if mean is None else float(mean)

    async def agents(self) -> Mapping[str, int]:
        """How many there are, by whether they are heard of."""
        query = select(AgentRow.liveness, func.count()).where(self._seen(AgentRow)).group_by(AgentRow.liveness)
        return {liveness.value: count for liveness, count in await self._session.execute(query)}

    async def incidents(self) -> tuple[Mapping[str, int], int, int, float | None]:
        """Live ones by severity; opened and resolved within the window, and how long the latter took."""
        row = IncidentRow
        live = select(row.severity, func.count()).where(row.state.in_(LIVE)).group_by(row.severity)
        by_severity = {severity.value: count for severity, count in await self._session.execute(live)}
        opened, resolved = self._within(row.opened_at), self._within(row.resolved_at)
        query = select(
            func.count().filter(opened),
            func.count().filter(resolved),
            func.avg(self._seconds(row.resolved_at, row.opened_at)).filter(resolved),
        ).where(or_(opened, resolved))
        opened_count, resolved_count, took = (await self._session.execute(query)).one()
        return by_severity, opened_count, resolved_count, None if took is None else float(took)

    def _seen(self, row: Any) -> ColumnElement[bool]:
        own: ColumnElement[bool] = row.organization_id == (self._rights.organization_id or "")
        return own if self._rights.all_read else and_(own, row.board_id.in_(sorted(self._rights.readable)))

    def _within(self, column: Any) -> ColumnElement[bool]:
        return and_(column >= self._window.since, column <= self._window.until)

    def _seconds(self, later: Any, earlier: Any) -> ColumnElement[float]:
        if self._dialect == "postgresql":
            return cast(func.extract("epoch", later) - func.extract("epoch", earlier), Float)
        return (func.julianday(later) - func.julianday(earlier)) * 86_400.0

    def _day(self, column: Any) -> ColumnElement[Any]:
        return func.date(func.timezone("UTC", column)) if self._dialect == "postgresql" else func.date(column)
