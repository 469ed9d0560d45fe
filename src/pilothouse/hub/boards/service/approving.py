"""What becomes of approvals by itself: they are used, voided, and expire."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.approvals import DONE_ACTION
from pilothouse.hub.boards.domain.states import Actor, ApprovalStatus
from pilothouse.hub.boards.models import ApprovalDecisionRow, ApprovalRow, TaskRow
from pilothouse.hub.boards.repository import ApprovalRows
from pilothouse.hub.boards.service.scope import Notes, OnBoard
from pilothouse.hub.db import touch
from pilothouse.kit.clock import Clock, at


class Approving:
    """Steps of approvals."""

    def __init__(self, notes: Notes, clock: Clock) -> None:
        self._notes = notes
        self._clock = clock

    def now(self) -> datetime:
        return at(self._clock.now_ns())

    async def void(self, session: AsyncSession, on: OnBoard, task_id: str, reason: str) -> None:
        """Whatever is asked or approved of a task, and not used, is about something else now."""
        for row in await ApprovalRows(session).open_of(task_id):
            row.void_reason = reason[:300]
            await self.settle(session, on, row, ApprovalStatus.VOIDED, reason)

    async def use(self, session: AsyncSession, on: OnBoard, task: TaskRow) -> None:
        """The task is done: what approved of that is used up."""
        rows, now = ApprovalRows(session), self.now()
        for row in await rows.valid_of(task.id, DONE_ACTION, task.content_version, now):
            if await rows.use(row, task.id, now):
                row.used_at, row.used_for = now, f"task {task.id} done"
                touch(row, now)
            told = {"used_for": f"task {task.id} done", "task_id": task.id, "status": row.status}
            self._notes.of(session, on, "approval.used", row.id, {"used_for": None}, told, row.action_type)

    async def decided(
        self, session: AsyncSession, on: OnBoard, row: ApprovalRow, status: ApprovalStatus, actor: Actor, note: str
    ) -> None:
        """Write down a decision, for ever."""
        ApprovalRows(session).decide(
            ApprovalDecisionRow(
                approval_id=row.id,
                status=status,
                decided_by_kind=actor.kind,
                decided_by_id=actor.id,
                decided_by_name=actor.name,
                note=note,
                digest=row.digest,
                decided_at=self.now(),
            )
        )
        await self.settle(session, on, row, status, note)

    async def settle(
        self, session: AsyncSession, on: OnBoard, row: ApprovalRow, status: ApprovalStatus, why: str
    ) -> None:
        """It is pending no more, or approved no more."""
        before = {"status": row.status, "version": row.version}
        row.status = status
        touch(row, self.now())
        await ApprovalRows(session).settle(row.id)
        after = {
            "status": status, "version": row.version, "note": why, "action_type": row.action_type,
            "requested_by_id": row.requested_by_id, "digest": row.digest,
        }  # fmt: skip
        self._notes.of(session, on, f"approval.{status}", row.id, before, after, row.action_type)
