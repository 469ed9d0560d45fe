"""Leases of agents: renewed while they live, ended when they do not; and what runs out of time by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.states import ApprovalStatus, TaskStatus
from pilothouse.hub.boards.models import TaskRow
from pilothouse.hub.boards.repository import ApprovalRows, BoardRows, TaskRows
from pilothouse.hub.boards.service.approving import Approving
from pilothouse.hub.boards.service.moving import Moving
from pilothouse.hub.boards.service.scope import Notes, OnBoard
from pilothouse.hub.db import Database, touch
from pilothouse.kit.clock import Clock, at

# At a time, so that one transaction does not hold many rows for long.
_AT_ONCE = 100


@dataclass(slots=True)
class Work:
    """The open tasks of a board, by who has them, and the approvals that wait, by who asked."""

    unclaimed: int = 0
    tasks: dict[str, list[str]] = field(default_factory=dict)
    in_progress: Counter[str] = field(default_factory=Counter)
    review: Counter[str] = field(default_factory=Counter)
    pending_approvals: Counter[str] = field(default_factory=Counter)


class Leases:
    """What agents hold, and for how long."""

    def __init__(self, database: Database, notes: Notes, moving: Moving, approving: Approving, clock: Clock) -> None:
        self._database = database
        self._notes = notes
        self._moving = moving
        self._approving = approving
        self._clock = clock

    async def renew(self, session: AsyncSession, agent_ids: Sequence[str]) -> None:
        """These agents were heard of: what they hold they hold for another lease."""
        rows, now = TaskRows(session), at(self._clock.now_ns())
        leases = {}
        for board_id in await rows.boards_with_leases(agent_ids, now):
            board = await BoardRows(session).one(board_id)
            if board is not None:
                leases[board_id] = now + timedelta(seconds=board.claim_lease_s)
        if leases:
            await rows.renew(agent_ids, now, leases)

    async def lose(self, session: AsyncSession, agent_ids: Sequence[str]) -> None:
        """These agents are gone: what they worked on is free again."""
        await self._end(session, await TaskRows(session).held_by(agent_ids, with_inbox=False))

    async def let_go(self, session: AsyncSession, agent_id: str) -> None:
        """An agent leaves its board: nothing is its own any more."""
        for row in await TaskRows(session).held_by([agent_id], with_inbox=True):
            if row.status is TaskStatus.IN_PROGRESS:
                await self._end(session, [row])
            elif (board := await BoardRows(session).one(row.board_id)) is not None:
                on = OnBoard(None, board, can_write=True)
                before = {"assigned_id": row.assigned_id, "assigned_name": row.assigned_name}
                row.assigned_kind = row.assigned_id = row.assigned_name = None
                touch(row, at(self._clock.now_ns()))
                after = {"assigned_id": None, "assigned_name": None}
                self._notes.of(session, on, "task.updated", row.id, before, after, row.title)

    async def expire(self) -> None:
        """End the leases, and the pending approvals, whose time is over."""
        async with self._database.reading() as session:
            now = at(self._clock.now_ns())
            is_due = await TaskRows(session).is_any_overdue(now) or await ApprovalRows(session).is_any_overdue(now)
        while is_due:
            async with self._database.transaction() as session:
                now = at(self._clock.now_ns())
                tasks = await TaskRows(session).overdue(now, _AT_ONCE)
                await self._end(session, tasks)
                approvals = await ApprovalRows(session).overdue(now, _AT_ONCE)
                for row in approvals:
                    board = await BoardRows(session).one(row.board_id)
                    assert board is not None
                    on = OnBoard(None, board, can_write=True)
                    await self._approving.settle(session, on, row, ApprovalStatus.EXPIRED, "nobody decided in time")
            is_due = _AT_ONCE in (len(tasks), len(approvals))

    async def count_work(self, session: AsyncSession, board_id: str) -> Work:
        """What waits on a board, and for whom."""
        rows = TaskRows(session)
        work = Work(await rows.unclaimed(board_id))
        for task_id, held_by, status in await rows.had(board_id):
            work.tasks.setdefault(held_by, []).append(task_id)
            if status is not TaskStatus.INBOX:
                (work.in_progress if status is TaskStatus.IN_PROGRESS else work.review)[held_by] += 1
        for requested_by_id, count in await rows.asking(board_id):
            work.pending_approvals[requested_by_id] += count
        return work

    async def tasks_of(self, session: AsyncSession, board_id: str, agent_id: str) -> frozenset[str]:
        """What an agent has on a board and is not done."""
        return frozenset(task_id for task_id, _, _ in await TaskRows(session).had(board_id, agent_id))

    async def _end(self, session: AsyncSession, tasks: Sequence[TaskRow]) -> None:
        for row in tasks:
            board = await BoardRows(session).one(row.board_id)
            assert board is not None
            await self._moving.end_lease(session, OnBoard(None, board, can_write=True), row)
