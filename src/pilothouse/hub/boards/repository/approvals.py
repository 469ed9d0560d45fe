"""Queries on approvals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.problems import ApprovalIsPending
from pilothouse.hub.boards.domain.states import ActorKind, ApprovalStatus
from pilothouse.hub.boards.models import ApprovalDecisionRow, ApprovalRow, ApprovalTaskRow, BoardRow
from pilothouse.hub.boards.repository.boards import Lock


@dataclass(frozen=True, slots=True)
class ApprovalsSought:
    """Which approvals are meant; None does not narrow."""

    status: ApprovalStatus | None = None
    task_id: str | None = None
    action_type: str | None = None
    requested_by_id: str | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks what waits for them: whatever is pending on ``boards`` (None is all), but what they asked for
    themselves where a board does not let them decide that."""

    user_id: str
    boards: Collection[str] | None
    now: datetime

    def conditions(self) -> list[ColumnElement[bool]]:
        of_others = or_(
            ApprovalRow.requested_by_kind != ActorKind.PERSON, ApprovalRow.requested_by_id != self.user_id,
            BoardRow.allow_deciding_own_requests,
        )  # fmt: skip
        waits = [ApprovalRow.status == ApprovalStatus.PENDING, ApprovalRow.expires_at > self.now, of_others]
        return waits if self.boards is None else [*waits, ApprovalRow.board_id.in_(sorted(self.boards))]


class ApprovalRows:
    """Queries on approvals within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def one(self, board_id: str, approval_id: str, lock: Lock = Lock.NONE) -> ApprovalRow | None:
        query = select(ApprovalRow).where(ApprovalRow.id == approval_id, ApprovalRow.board_id == board_id)
        return await self._session.scalar(lock.on(query))

    async def page(
        self, board_ids: Collection[str], sought: ApprovalsSought, limit: int, offset: int
    ) -> tuple[Sequence[ApprovalRow], int]:
        """The latest first, and how many there are."""
        wanted = [ApprovalRow.board_id.in_(board_ids), *_conditions(sought)]
        total = await self._session.scalar(select(func.count()).select_from(ApprovalRow).where(*wanted)) or 0
        query = select(ApprovalRow).where(*wanted).order_by(ApprovalRow.created_at.desc(), ApprovalRow.id.desc())
        return (await self._session.scalars(query.limit(limit).offset(offset))).all(), total

    async def across(
        self, organization_id: str, boards: Collection[str] | None, sought: ApprovalsSought, asker: Asker | None,
        limit: int, offset: int,
    ) -> tuple[list[tuple[ApprovalRow, BoardRow]], int]:  # fmt: skip
        """With the board of each, the latest first, and how many there are; of ``boards`` only, None is all."""
        wanted = [ApprovalRow.organization_id == organization_id, *_conditions(sought)]
        if boards is not None:
            wanted.append(ApprovalRow.board_id.in_(sorted(boards)))
        if asker is not None:
            wanted += asker.conditions()
        on_board = BoardRow.id == ApprovalRow.board_id
        counted = select(func.count()).select_from(ApprovalRow).join(BoardRow, on_board).where(*wanted)
        query = select(ApprovalRow, BoardRow).join(BoardRow, on_board).where(*wanted)
        query = query.order_by(ApprovalRow.created_at.desc(), ApprovalRow.id.desc()).limit(limit).offset(offset)
        found = [(row, board) for row, board in await self._session.execute(query)]
        return found, await self._session.scalar(counted) or 0

    async def counts_pending(self, board_ids: Collection[str]) -> dict[str, int]:
        row = ApprovalRow
        query = select(row.board_id, func.count())
        query = query.where(row.board_id.in_(board_ids), row.status == ApprovalStatus.PENDING).group_by(row.board_id)
        return dict((await self._session.execute(query)).all())

    async def add(self, row: ApprovalRow, versions: dict[str, int]) -> None:
        """With the tasks it is about, each at the version that was shown; raises ApprovalIsPending."""
        self._session.add(row)
        await self._session.flush()
        if not versions:
            return
        values = [
            {"approval_id": row.id, "task_id": one, "content_version": version, "is_pending": True}
            for one, version in sorted(versions.items())
        ]
        try:
            await self._session.execute(insert(ApprovalTaskRow), values)
        except IntegrityError:
            raise ApprovalIsPending(task_id=", ".join(sorted(versions)), approval_id="another") from None

    async def settle(self, approval_id: str) -> None:
        """It is pending no more."""
        own = ApprovalTaskRow.approval_id == approval_id
        await self._session.execute(update(ApprovalTaskRow).where(own).values(is_pending=False))

    async def use(self, row: ApprovalRow, task_id: str, now: datetime) -> bool:
        """It has been used for this task; whether it is used up by that."""
        own = ApprovalTaskRow.approval_id == row.id
        used = update(ApprovalTaskRow).where(own, ApprovalTaskRow.task_id == task_id).values(used_at=now)
        await self._session.execute(used)
        left = select(ApprovalTaskRow.task_id).where(own, ApprovalTaskRow.used_at.is_(None)).limit(1)
        return await self._session.scalar(left) is None

    def decide(self, row: ApprovalDecisionRow) -> None:
        self._session.add(row)

    async def tasks_of(self, approval_ids: Collection[str]) -> dict[str, list[str]]:
        query = select(ApprovalTaskRow.approval_id, ApprovalTaskRow.task_id)
        query = query.where(ApprovalTaskRow.approval_id.in_(approval_ids)).order_by(ApprovalTaskRow.task_id)
        found: dict[str, list[str]] = {}
        for approval_id, task_id in await self._session.execute(query):
            found.setdefault(approval_id, []).append(task_id)
        return found

    async def decisions_of(self, approval_ids: Collection[str]) -> dict[str, list[ApprovalDecisionRow]]:
        query = select(ApprovalDecisionRow).where(ApprovalDecisionRow.approval_id.in_(approval_ids))
        found: dict[str, list[ApprovalDecisionRow]] = {}
        for row in await self._session.scalars(query.order_by(ApprovalDecisionRow.id)):
            found.setdefault(row.approval_id, []).append(row)
        return found

    async def pending_of(self, task_ids: Collection[str]) -> dict[str, str]:
        """The pending approval of each of these tasks."""
        query = select(ApprovalTaskRow.task_id, ApprovalTaskRow.approval_id)
        query = query.where(ApprovalTaskRow.task_id.in_(task_ids), ApprovalTaskRow.is_pending)
        return dict((await self._session.execute(query)).all())

    async def open_of(self, task_id: str) -> Sequence[ApprovalRow]:
        """What is pending, or approved and not used, of a task; locked."""
        is_open = (
            ApprovalRow.status.in_((ApprovalStatus.PENDING, ApprovalStatus.APPROVED)),
            ApprovalRow.used_at.is_(None),
        )
        return await self._of_task(task_id, *is_open, lock=Lock.HELD)

    async def valid_of(
        self, task_id: str, action_type: str, content_version: int, now: datetime, *, with_used: bool = False
    ) -> Sequence[ApprovalRow]:
        """What approves of an action on a task as it is at this version."""
        wanted = [
            ApprovalRow.status == ApprovalStatus.APPROVED,
            ApprovalRow.action_type == action_type,
            ApprovalTaskRow.content_version == content_version,
        ]
        if with_used:
            wanted.append((ApprovalTaskRow.used_at.is_not(None)) | (ApprovalRow.expires_at > now))
        else:
            wanted += [ApprovalTaskRow.used_at.is_(None), ApprovalRow.expires_at > now]
        return await self._of_task(task_id, *wanted, lock=Lock.NONE if with_used else Lock.HELD)

    async def overdue(self, now: datetime, limit: int) -> Sequence[ApprovalRow]:
        """Pending ones whose time is over, by one hub at a time."""
        query = select(ApprovalRow).where(ApprovalRow.status == ApprovalStatus.PENDING, ApprovalRow.expires_at <= now)
        query = query.order_by(ApprovalRow.id).limit(limit).with_for_update(skip_locked=True, key_share=True)
        return (await self._session.scalars(query.execution_options(populate_existing=True))).all()

    async def is_any_overdue(self, now: datetime) -> bool:
        late = (ApprovalRow.status == ApprovalStatus.PENDING, ApprovalRow.expires_at <= now)
        return await self._session.scalar(select(ApprovalRow.id).where(*late).limit(1)) is not None

    async def _of_task(self, task_id: str, *wanted: ColumnElement[bool], lock: Lock) -> Sequence[ApprovalRow]:
        query = select(ApprovalRow).join(ApprovalTaskRow, ApprovalTaskRow.approval_id == ApprovalRow.id)
        query = query.where(ApprovalTaskRow.task_id == task_id, *wanted).order_by(ApprovalRow.id)
        if lock is not Lock.NONE:
            query = query.with_for_update(of=ApprovalRow, key_share=True).execution_options(populate_existing=True)
        return (await self._session.scalars(query)).all()


def _conditions(sought: ApprovalsSought) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (ApprovalRow.status, sought.status), (ApprovalRow.action_type, sought.action_type),
        (ApprovalRow.requested_by_id, sought.requested_by_id),
    ):  # fmt: skip
        if value is not None:
            conditions.append(column == value)
    if sought.task_id is not None:
        about = (ApprovalTaskRow.approval_id == ApprovalRow.id, ApprovalTaskRow.task_id == sought.task_id)
        conditions.append(exists().where(*about))
    return conditions
