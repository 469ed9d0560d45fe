"""Approvals: asked for by agents, decided by people or by a policy that people have set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.approvals import (
    AutomaticApproval,
    Decision,
    automatic,
    check_decision,
    check_size,
    digest,
)
from pilothouse.hub.boards.domain.problems import (
    ApprovalIsPending,
    Changed,
    NotYourRequest,
    NotYourTask,
    UnknownApproval,
    UnknownTaskToApprove,
)
from pilothouse.hub.boards.domain.states import THE_HUB, Actor, ActorKind, ApprovalStatus
from pilothouse.hub.boards.models import ApprovalRow, TaskRow
from pilothouse.hub.boards.repository import ApprovalRows, ApprovalsSought, Lock, TaskRows
from pilothouse.hub.boards.schemas.approvals import (
    Approval,
    ApprovalChange,
    ApprovalDecision,
    ApprovalList,
    NewApproval,
    Shown,
    ShownTask,
)
from pilothouse.hub.boards.service.approving import Approving
from pilothouse.hub.boards.service.moving import assigned_of
from pilothouse.hub.boards.service.scope import Notes, OnBoard
from pilothouse.kit.ids import new_id

_ROW = tuple(name for name in Approval.model_fields if name not in ("task_ids", "decisions", "shown"))
_DECISION = tuple(ApprovalDecision.model_fields)


class Approvals:
    """Every approval of a board."""

    def __init__(self, notes: Notes, approving: Approving) -> None:
        self._notes = notes
        self._approving = approving

    async def page(
        self, session: AsyncSession, board_ids: Sequence[str], sought: ApprovalsSought, limit: int, offset: int
    ) -> ApprovalList:
        """The latest first."""
        rows, total = await ApprovalRows(session).page(board_ids, sought, limit, offset)
        return ApprovalList(items=await shown_approvals(session, rows), total=total, limit=limit, offset=offset)

    async def one(self, session: AsyncSession, on: OnBoard, approval_id: str) -> Approval:
        """Raises UnknownApproval."""
        return (await shown_approvals(session, [await self._found(session, on, approval_id, Lock.NONE)]))[0]

    async def request(self, session: AsyncSession, on: OnBoard, new: NewApproval) -> Approval:
        """Ask for it; raises ApprovalIsPending, NotYourTask, UnknownTaskToApprove, PayloadTooLarge."""
        actor, now = on.actor, self._approving.now()
        for name in ("payload", "rubric_scores", "artifacts"):
            check_size(name, new.model_dump(mode="json", include={name}))
        tasks = await self._tasks(session, on, new.task_ids)
        shown = await _what_is_shown(session, new, tasks)
        kept = shown.model_dump(mode="json")
        expires_in_s = new.expires_in_s or on.board.approval_expires_s
        row = ApprovalRow(
            id=new_id("apr"), organization_id=on.board.organization_id, board_id=on.board.id,
            action_type=new.action_type, status=ApprovalStatus.PENDING, confidence=new.confidence, shown=kept,
            digest=digest(kept), requested_by_kind=actor.kind, requested_by_id=actor.id,
            requested_by_name=actor.name, void_reason=None, created_at=now, changed_at=now,
            expires_at=now + timedelta(seconds=expires_in_s), used_at=None, used_for=None, version=1,
        )  # fmt: skip
        await ApprovalRows(session).add(row, {task.id: task.content_version for task in tasks})
        self._notes.of(session, on, "approval.requested", row.id, None, _told(row, new.task_ids), row.action_type)
        rule = automatic(_policy(on), actor, new.action_type, new.confidence)
        if rule is not None:
            policy = Actor(ActorKind.HUB, THE_HUB.id, "policy of the board")
            note = f"approved by the board's policy: {rule.action_type}, confidence {new.confidence:g} ≥ "
            await self._approving.decided(
                session, OnBoard(None, on.board, can_write=True), row, ApprovalStatus.APPROVED, policy,
                f"{note}{rule.min_confidence:g}",
            )  # fmt: skip
        await session.flush()
        return (await shown_approvals(session, [row]))[0]

    async def decide(self, session: AsyncSession, on: OnBoard, approval_id: str, change: ApprovalChange) -> Approval:
        """Once, by a person, about what they have seen; raises what the first of the rules says."""
        row = await self._found(session, on, approval_id, Lock.HELD)
        decided = (await ApprovalRows(session).decisions_of([row.id])).get(row.id, [])
        check_decision(
            Decision(
                actor=on.actor,
                now=self._approving.now(),
                status=row.status,
                requested_by=Actor(row.requested_by_kind, row.requested_by_id, row.requested_by_name),
                expires_at=row.expires_at,
                version=row.version,
                seen_version=change.version,
                decided_by=decided[-1].decided_by_name if decided else row.requested_by_name,
                void_reason=row.void_reason or "",
                may_decide_own=on.board.allow_deciding_own_requests,
            )
        )
        if change.digest not in (None, row.digest):
            raise Changed(version=row.version)
        status = ApprovalStatus(change.status.value)
        await self._approving.decided(session, on, row, status, on.actor, change.note)
        await session.flush()
        return (await shown_approvals(session, [row]))[0]

    async def withdraw(self, session: AsyncSession, on: OnBoard, approval_id: str) -> Approval:
        """By whoever asked, as long as nobody has decided; raises NotYourRequest and what ``decide`` raises."""
        row = await self._found(session, on, approval_id, Lock.HELD)
        asked = Actor(row.requested_by_kind, row.requested_by_id, row.requested_by_name)
        if not on.actor.is_same(asked):
            raise NotYourRequest
        if row.status is not ApprovalStatus.WITHDRAWN:
            _check_open(row)
            await self._approving.settle(session, on, row, ApprovalStatus.WITHDRAWN, "withdrawn")
            await session.flush()
        return (await shown_approvals(session, [row]))[0]

    async def _tasks(self, session: AsyncSession, on: OnBoard, task_ids: Sequence[str]) -> list[TaskRow]:
        if not task_ids:
            return []
        found = await TaskRows(session).several(on.board.id, task_ids, Lock.HELD)
        for task_id in task_ids:
            if task_id not in found:
                raise UnknownTaskToApprove(task_id=task_id)
        if on.actor.kind is ActorKind.WORKER and not all(on.actor.is_same(assigned_of(one)) for one in found.values()):
            raise NotYourTask
        for task_id, approval_id in (await ApprovalRows(session).pending_of(found)).items():
            raise ApprovalIsPending(task_id=task_id, approval_id=approval_id)
        return list(found.values())

    async def _found(self, session: AsyncSession, on: OnBoard, approval_id: str, lock: Lock) -> ApprovalRow:
        row = await ApprovalRows(session).one(on.board.id, approval_id, lock)
        if row is None:
            raise UnknownApproval
        return row


def _check_open(row: ApprovalRow) -> None:
    nobody = Actor(ActorKind.PERSON, "", "")
    check_decision(
        Decision(
            actor=nobody,
            now=row.created_at,
            status=row.status,
            requested_by=nobody,
            expires_at=row.expires_at,
            version=row.version,
            seen_version=None,
            decided_by="somebody",
            void_reason=row.void_reason or "",
            may_decide_own=True,
        )
    )


def _policy(on: OnBoard) -> list[AutomaticApproval]:
    return [AutomaticApproval(one["action_type"], one["min_confidence"]) for one in on.board.approval_policy]


async def _what_is_shown(session: AsyncSession, new: NewApproval, tasks: Sequence[TaskRow]) -> Shown:
    depends_on = {task.id: await TaskRows(session).depends_on(task.id) for task in tasks}
    shown = [
        ShownTask(
            id=task.id, content_version=task.content_version, title=task.title, description=task.description,
            custom_fields=task.custom_fields, incident_id=task.incident_id, depends_on_ids=depends_on[task.id],
            assigned_id=task.assigned_id,
        )
        for task in tasks
    ]  # fmt: skip
    return Shown(
        action_type=new.action_type, reason=new.reason, confidence=new.confidence, payload=new.payload,
        rubric_scores=dict(new.rubric_scores), tasks=shown, artifacts=new.artifacts,
        lab_session_ids=new.lab_session_ids,
    )  # fmt: skip


async def shown_approvals(session: AsyncSession, rows: Sequence[ApprovalRow]) -> list[Approval]:
    """With what was shown and decided, in the order of the rows."""
    approval_ids = [row.id for row in rows]
    if not approval_ids:
        return []
    tasks = await ApprovalRows(session).tasks_of(approval_ids)
    decisions = await ApprovalRows(session).decisions_of(approval_ids)
    return [
        Approval(
            **{name: getattr(row, name) for name in _ROW}, shown=Shown.model_validate(row.shown),
            task_ids=tasks.get(row.id, []),
            decisions=[
                ApprovalDecision(**{name: getattr(one, name) for name in _DECISION})
                for one in decisions.get(row.id, [])
            ],
        )
        for row in rows
    ]  # fmt: skip


def _told(row: ApprovalRow, task_ids: Sequence[str]) -> dict[str, object]:
    return {
        "action_type": row.action_type, "status": row.status, "confidence": row.confidence, "digest": row.digest,
        "reason": row.shown["reason"], "task_ids": list(task_ids), "requested_by_id": row.requested_by_id,
        "expires_at": row.expires_at.isoformat(), "version": row.version,
    }  # fmt: skip
