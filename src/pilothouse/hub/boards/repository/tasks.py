"""Queries on tasks that are changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.states import ActorKind, ApprovalStatus, TaskStatus
from pilothouse.hub.boards.models import ApprovalRow, CommentRow, TaskDependencyRow, TaskRow, TaskTagRow
from pilothouse.hub.boards.repository.boards import Lock

_AGENTS = (ActorKind.LEAD, ActorKind.WORKER)
# Made once: asked with every group of heartbeats.
_WITH_LEASES = (
    select(TaskRow.board_id)
    .where(TaskRow.assigned_id.in_(bindparam("agent_ids", expanding=True)), TaskRow.lease_until > bindparam("now"))
    .distinct()
)


class TaskRows:
    """Queries on tasks, their dependencies, tags and comments, within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def one(self, board_id: str, task_id: str, lock: Lock = Lock.NONE) -> TaskRow | None:
        query = select(TaskRow).where(TaskRow.id == task_id, TaskRow.board_id == board_id)
        return await self._session.scalar(lock.on(query))

    async def several(self, board_id: str, task_ids: Collection[str], lock: Lock = Lock.NONE) -> dict[str, TaskRow]:
        """Those of them that the board has, locked in one order."""
        query = select(TaskRow).where(TaskRow.board_id == board_id, TaskRow.id.in_(task_ids)).order_by(TaskRow.id)
        return {row.id: row for row in await self._session.scalars(lock.on(query))}

    async def add(self, row: TaskRow | CommentRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def delete(self, row: TaskRow | CommentRow) -> None:
        await self._session.delete(row)
        await self._session.flush()

    async def depends_on(self, task_id: str) -> list[str]:
        query = select(TaskDependencyRow.depends_on_id).where(TaskDependencyRow.task_id == task_id)
        return sorted(await self._session.scalars(query))

    async def graph(self, board_id: str) -> dict[str, list[str]]:
        """What each task of a board depends on."""
        edge = TaskDependencyRow
        query = select(edge.task_id, edge.depends_on_id).join(TaskRow, TaskRow.id == edge.task_id)
        found: dict[str, list[str]] = {}
        for task_id, other in await self._session.execute(query.where(TaskRow.board_id == board_id)):
            found.setdefault(task_id, []).append(other)
        return found

    async def set_dependencies(self, task_id: str, wanted: Collection[str]) -> None:
        await self._session.execute(delete(TaskDependencyRow).where(TaskDependencyRow.task_id == task_id))
        if wanted:
            values = [{"task_id": task_id, "depends_on_id": one} for one in sorted(wanted)]
            await self._session.execute(insert(TaskDependencyRow), values)

    async def blocked_by(self, task_ids: Collection[str]) -> dict[str, list[str]]:
        """What each of these tasks waits for; one that waits for nothing is left out."""
        edge = TaskDependencyRow
        query = select(edge.task_id, edge.depends_on_id).join(TaskRow, TaskRow.id == edge.depends_on_id)
        query = query.where(edge.task_id.in_(task_ids), TaskRow.status != TaskStatus.DONE)
        found: dict[str, list[str]] = {}
        for task_id, other in await self._session.execute(query.order_by(edge.task_id, edge.depends_on_id)):
            found.setdefault(task_id, []).append(other)
        return found

    async def dependents(self, task_id: str) -> Sequence[TaskRow]:
        """Tasks that wait, or waited, for this one and are not done."""
        edge = TaskDependencyRow
        query = select(TaskRow).join(edge, edge.task_id == TaskRow.id)
        query = query.where(edge.depends_on_id == task_id, TaskRow.status != TaskStatus.DONE)
        return (await self._session.scalars(query.order_by(TaskRow.id))).all()

    async def tags_of(self, task_id: str) -> list[str]:
        return sorted(await self._session.scalars(select(TaskTagRow.tag_id).where(TaskTagRow.task_id == task_id)))

    async def set_tags(self, task_id: str, wanted: Collection[str]) -> None:
        await self._session.execute(delete(TaskTagRow).where(TaskTagRow.task_id == task_id))
        if wanted:
            values = [{"task_id": task_id, "tag_id": one} for one in sorted(wanted)]
            await self._session.execute(insert(TaskTagRow), values)

    async def of_incident(self, incident_id: str) -> Sequence[TaskRow]:
        query = select(TaskRow).where(TaskRow.incident_id == incident_id).order_by(TaskRow.id)
        return (await self._session.scalars(query)).all()

    async def renew(self, agent_ids: Collection[str], now: datetime, leases: dict[str, datetime]) -> None:
        """Prolong the leases that these agents hold, board by board; one that has ended stays ended."""
        for board_id, until in sorted(leases.items()):
            held = (TaskRow.assigned_id.in_(agent_ids), TaskRow.lease_until > now, TaskRow.board_id == board_id)
            # In one order, as everybody locks several tasks: else two would wait for each other in a circle.
            ids = select(TaskRow.id).where(*held).order_by(TaskRow.id).with_for_update(key_share=True)
            await self._session.execute(
                update(TaskRow)
                .where(TaskRow.id.in_(ids))
                .values(lease_until=until)
                .execution_options(synchronize_session=False)
            )

    async def boards_with_leases(self, agent_ids: Collection[str], now: datetime) -> Sequence[str]:
        asked = {"agent_ids": list(agent_ids), "now": now}
        return (await (await self._session.connection()).execute(_WITH_LEASES, asked)).scalars().all()

    async def is_any_overdue(self, now: datetime) -> bool:
        return await self._session.scalar(select(TaskRow.id).where(TaskRow.lease_until <= now).limit(1)) is not None

    async def overdue(self, now: datetime, limit: int) -> Sequence[TaskRow]:
        """Tasks whose lease has ended, by one hub at a time."""
        query = select(TaskRow).where(TaskRow.lease_until <= now).order_by(TaskRow.id).limit(limit)
        query = query.with_for_update(skip_locked=True, key_share=True).execution_options(populate_existing=True)
        return (await self._session.scalars(query)).all()

    async def held_by(self, agent_ids: Collection[str], *, with_inbox: bool) -> Sequence[TaskRow]:
        """What agents work on, or are to work on; locked."""
        statuses = [TaskStatus.IN_PROGRESS, *((TaskStatus.INBOX, TaskStatus.REVIEW) if with_inbox else ())]
        held = (TaskRow.assigned_id.in_(agent_ids), TaskRow.assigned_kind.in_(_AGENTS), TaskRow.status.in_(statuses))
        query = select(TaskRow).where(*held).order_by(TaskRow.id).with_for_update(key_share=True)
        return (await self._session.scalars(query.execution_options(populate_existing=True))).all()

    async def unclaimed(self, board_id: str) -> int:
        """How many tasks anybody may claim."""
        row = TaskRow
        wanted = (row.board_id == board_id, row.status == TaskStatus.INBOX, row.assigned_id.is_(None))
        return await self._session.scalar(select(func.count()).select_from(row).where(*wanted)) or 0

    async def had(self, board_id: str, agent_id: str | None = None) -> list[tuple[str, str, TaskStatus]]:
        """Id, holder and status of every task that somebody has and that is not done."""
        row = TaskRow
        holder = row.assigned_id.is_not(None) if agent_id is None else row.assigned_id == agent_id
        query = select(row.id, row.assigned_id, row.status)
        query = query.where(row.board_id == board_id, row.status != TaskStatus.DONE, holder)
        return [(task_id, held_by or "", status) for task_id, held_by, status in await self._session.execute(query)]

    async def asking(self, board_id: str) -> list[tuple[str, int]]:
        """Who waits for how many approvals."""
        row = ApprovalRow
        query = select(row.requested_by_id, func.count())
        query = query.where(row.board_id == board_id, row.status == ApprovalStatus.PENDING)
        return [(one, count) for one, count in await self._session.execute(query.group_by(row.requested_by_id))]

    async def comment(self, task_id: str, comment_id: str, lock: Lock = Lock.NONE) -> CommentRow | None:
        query = select(CommentRow).where(CommentRow.id == comment_id, CommentRow.task_id == task_id)
        return await self._session.scalar(lock.on(query))

    async def comments(self, task_id: str, limit: int, offset: int) -> Sequence[CommentRow]:
        """The earliest first."""
        query = select(CommentRow).where(CommentRow.task_id == task_id).order_by(CommentRow.created_at, CommentRow.id)
        return (await self._session.scalars(query.limit(limit).offset(offset))).all()

    async def has_comment_since(self, task_id: str, since: datetime, actor_ids: Collection[str]) -> bool:
        wanted: list[Any] = [CommentRow.task_id == task_id, CommentRow.created_at >= since]
        query = select(CommentRow.id).where(*wanted, CommentRow.made_by_id.in_(actor_ids)).limit(1)
        return await self._session.scalar(query) is not None
