"""How work goes on boards, counted where the rows are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.figures import Decided, TaskWork, Waiting
from pilothouse.hub.boards.domain.states import ApprovalStatus, TaskStatus
from pilothouse.hub.boards.models import ApprovalDecisionRow, ApprovalRow, BoardRow, TaskRow
from pilothouse.hub.db import day_of, seconds_between
from pilothouse.hub.identity import BoardRights

_DECIDED = (ApprovalStatus.APPROVED, ApprovalStatus.REJECTED)


class FigureRows:
    """Queries over the boards that somebody sees and a time, within one session."""

    def __init__(self, session: AsyncSession, rights: BoardRights, since: datetime, until: datetime) -> None:
        self._session = session
        self._rights = rights
        self._since = since
        self._until = until

    async def boards(self) -> int:
        seen = self._seen(BoardRow.organization_id, BoardRow.id)
        return await self._session.scalar(select(func.count()).select_from(BoardRow).where(seen)) or 0

    async def tasks(self) -> Mapping[str, int]:
        """How many there are now, by status."""
        query = select(TaskRow.status, func.count().label("tasks")).where(self._seen_tasks()).group_by(TaskRow.status)
        found = {one.status: one.tasks for one in await self._session.execute(query)}
        return {status.value: found.get(status, 0) for status in TaskStatus}

    async def work(self) -> TaskWork:
        row, is_done = TaskRow, self._within(TaskRow.done_at)
        took = seconds_between(self._session, row.started_at, row.done_at)
        query = select(
            func.count().filter(row.due_at < self._until, row.status != TaskStatus.DONE),
            func.count().filter(self._within(row.created_at)),
            func.count().filter(is_done),
            func.avg(took).filter(is_done, row.started_at.is_not(None)),
        ).where(
            self._seen_tasks(),
            or_(row.status != TaskStatus.DONE, is_done, self._within(row.created_at)),
        )
        overdue, created, done, cycle = (await self._session.execute(query)).one()
        return TaskWork(overdue, created, done, None if cycle is None else float(cycle))

    async def throughput(self) -> list[tuple[date, int]]:
        """Days on which something was done, in order."""
        day = day_of(self._session, TaskRow.done_at)
        query = select(day, func.count()).where(self._seen_tasks(), self._within(TaskRow.done_at)).group_by(day)
        found = (await self._session.execute(query.order_by(day))).all()
        return [(one if isinstance(one, date) else date.fromisoformat(one), count) for one, count in found]

    async def waiting(self) -> Waiting:
        is_pending = ApprovalRow.status == ApprovalStatus.PENDING
        query = select(func.count(), func.min(ApprovalRow.created_at)).where(self._seen_approvals(), is_pending)
        count, oldest = (await self._session.execute(query)).one()
        return Waiting(count, oldest)

    async def decided(self) -> Decided:
        decision, approval = ApprovalDecisionRow, ApprovalRow
        took = seconds_between(self._session, approval.created_at, decision.decided_at)
        query = (
            select(func.count(), func.avg(took))
            .select_from(decision)
            .join(approval, approval.id == decision.approval_id)
            .where(self._seen_approvals(), decision.status.in_(_DECIDED), self._within(decision.decided_at))
        )
        count, mean = (await self._session.execute(query)).one()
        return Decided(count, None if mean is None else float(mean))

    def _seen_tasks(self) -> ColumnElement[bool]:
        return self._seen(TaskRow.organization_id, TaskRow.board_id)

    def _seen_approvals(self) -> ColumnElement[bool]:
        return self._seen(ApprovalRow.organization_id, ApprovalRow.board_id)

    def _seen(self, organization_id: Any, board_id: Any) -> ColumnElement[bool]:
        own: ColumnElement[bool] = organization_id == (self._rights.organization_id or "")
        return own if self._rights.all_read else and_(own, board_id.in_(sorted(self._rights.readable)))

    def _within(self, column: Any) -> ColumnElement[bool]:
        return and_(column >= self._since, column <= self._until)
