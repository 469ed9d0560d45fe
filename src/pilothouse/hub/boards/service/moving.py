"""What becomes of a task, its lease and its approvals when it moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.approvals import DONE_ACTION
from pilothouse.hub.boards.domain.rules import Facts
from pilothouse.hub.boards.domain.states import Actor, ActorKind, TaskStatus
from pilothouse.hub.boards.models import BoardRow, TaskRow
from pilothouse.hub.boards.repository import ApprovalRows, TaskRows
from pilothouse.hub.boards.service.approving import Approving
from pilothouse.hub.boards.service.scope import Notes, OnBoard
from pilothouse.hub.db import touch
from pilothouse.hub.identity.service import AgentRegister
from pilothouse.kit.clock import Clock, at

_WORKING = (ActorKind.PERSON, ActorKind.LEAD, ActorKind.WORKER)
_REOPENED = {
    TaskStatus.DONE: "the task was opened again",
    TaskStatus.REVIEW: "the task was sent back from review",
    TaskStatus.IN_PROGRESS: "the task was put back into the inbox",
}


class Moving:
    """Facts that rules are asked with, and the consequences of what they let pass."""

    def __init__(self, notes: Notes, approving: Approving, register: AgentRegister, clock: Clock) -> None:
        self._notes = notes
        self._approving = approving
        self._register = register
        self._clock = clock

    def now(self) -> datetime:
        return at(self._clock.now_ns())

    def lease(self, board: BoardRow, actor: Actor) -> datetime | None:
        """Until when an agent holds what it works on; people hold it until they release it."""
        return self.now() + timedelta(seconds=board.claim_lease_s) if actor.kind.is_agent else None

    async def facts(self, session: AsyncSession, on: OnBoard, row: TaskRow, *, has_comment: bool = False) -> Facts:
        """A task as it is, for the rules."""
        actor, rows, rules = on.actor, TaskRows(session), on.rules
        pending = await ApprovalRows(session).pending_of([row.id])
        if rules.comment_required_for_review and not has_comment and row.started_at is not None:
            working = {actor.id, row.assigned_id or actor.id}
            has_comment = await rows.has_comment_since(row.id, row.started_at, working)
        has_approval = rules.require_approval_for_done and bool(
            await ApprovalRows(session).valid_of(row.id, DONE_ACTION, row.content_version, self.now())
        )
        is_reviewing = rules.require_review_before_done and row.status is TaskStatus.REVIEW
        stands_for = await self._makers(session, actor) if is_reviewing else frozenset[str]()
        return Facts(
            actor=actor, rules=rules, board_id=on.board.id, status=row.status, assigned=assigned_of(row),
            made_by=Actor(row.made_by_kind, row.made_by_id, row.made_by_name),
            blocked_by=tuple((await rows.blocked_by([row.id])).get(row.id, ())),
            pending_approval_id=pending.get(row.id), has_approval=has_approval, has_comment=has_comment,
            worked_by=frozenset(row.worked_by), stands_for=stands_for,
        )  # fmt: skip

    async def move(self, session: AsyncSession, on: OnBoard, row: TaskRow, status: TaskStatus) -> None:
        """Carry out a step that the rules let pass."""
        before, row.status = row.status, status
        if status.place < before.place:
            await self.content_changed(session, on, row, _REOPENED[before])
        row.lease_until = None
        row.done_at = None
        if status is TaskStatus.IN_PROGRESS:
            await self._begin(session, on, row)
        elif status is TaskStatus.INBOX:
            _leave(row)
        elif status is TaskStatus.DONE:
            row.done_at = self.now()
            await self._approving.use(session, on, row)
            await session.flush()
            await self.tell_free(session, on, await TaskRows(session).dependents(row.id))

    async def free(self, session: AsyncSession, on: OnBoard, row: TaskRow, reason: str) -> None:
        """Nobody has it any more; what was approved of whoever had it is void."""
        row.status, row.lease_until = TaskStatus.INBOX, None
        _leave(row)
        await self.content_changed(session, on, row, reason)

    async def content_changed(self, session: AsyncSession, on: OnBoard, row: TaskRow, reason: str) -> None:
        """What was shown of it is no longer what it is."""
        row.content_version += 1
        await self.void(session, on, row, reason)

    async def void(self, session: AsyncSession, on: OnBoard, row: TaskRow, reason: str) -> None:
        await self._approving.void(session, on, row.id, reason)

    async def end_lease_if_over(self, session: AsyncSession, on: OnBoard, row: TaskRow) -> None:
        """A lease that has run out is over even before anybody looked for such."""
        if row.lease_until is not None and row.lease_until <= self.now():
            await self.end_lease(session, on, row)

    async def end_lease(self, session: AsyncSession, on: OnBoard, row: TaskRow) -> None:
        """The agent that has it is gone: it is free again."""
        before = {"status": row.status, "assigned_id": row.assigned_id, "assigned_name": row.assigned_name}
        silent = row.assigned_name
        as_hub = OnBoard(None, on.board, can_write=True)
        await self.free(session, as_hub, row, f"{silent} lost the task")
        touch(row, self.now())
        after = {"status": row.status, "assigned_id": None, "assigned_name": None}
        self._notes.of(session, as_hub, "task.lease_lost", row.id, before, after, f"{silent} was not heard of")

    async def tell_free(self, session: AsyncSession, on: OnBoard, waiting: Sequence[TaskRow]) -> None:
        """Say of each task that waited whether it waits for nothing any more."""
        if not waiting:
            return
        still = await TaskRows(session).blocked_by([row.id for row in waiting])
        for row in waiting:
            if row.id not in still:
                facts = {"blocked": False, "assigned_id": row.assigned_id}
                before = {"blocked": True, "assigned_id": row.assigned_id}
                self._notes.of(session, on, "task.unblocked", row.id, before, facts, row.title)

    async def hand_over(self, session: AsyncSession, on: OnBoard, row: TaskRow) -> None:
        """Somebody else works on what is in progress, or nobody."""
        holder = assigned_of(row)
        row.lease_until = self.lease(on.board, holder) if holder else None
        row.worked_by = sorted({*row.worked_by, *await self._makers(session, holder)})

    async def _makers(self, session: AsyncSession, actor: Actor | None) -> frozenset[str]:
        """An agent, and the lead that made it."""
        if actor is None or not actor.kind.is_agent:
            return frozenset()
        record = await self._register.one(session, actor.id)
        return frozenset({actor.id, *([record.spawned_by] if record is not None and record.spawned_by else ())})

    async def _begin(self, session: AsyncSession, on: OnBoard, row: TaskRow) -> None:
        actor = on.actor
        if row.assigned_id is None and actor.kind in _WORKING:
            row.assigned_kind, row.assigned_id, row.assigned_name = actor.kind, actor.id, actor.name
        row.started_at = self.now()
        await self.hand_over(session, on, row)


def assigned_of(row: TaskRow) -> Actor | None:
    if row.assigned_id is None or row.assigned_kind is None:
        return None
    return Actor(row.assigned_kind, row.assigned_id, row.assigned_name or "")


def _leave(row: TaskRow) -> None:
    """Back in the inbox it is nobody's, and nobody has worked on it."""
    row.assigned_kind = row.assigned_id = row.assigned_name = row.claimed_at = row.started_at = None
    row.worked_by = []
