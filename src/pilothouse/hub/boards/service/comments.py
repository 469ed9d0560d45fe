"""What is said about tasks."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.problems import NotYourComment, UnknownComment, UnknownTask
from pilothouse.hub.boards.domain.states import Actor
from pilothouse.hub.boards.models import CommentRow, TaskRow
from pilothouse.hub.boards.repository import Lock, TaskRows
from pilothouse.hub.boards.schemas.tasks import Comment, CommentChange, CommentList, NewComment
from pilothouse.hub.boards.service.scope import Notes, OnBoard, check_version
from pilothouse.hub.identity import OrganizationRole
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id

_ROW = tuple(Comment.model_fields)


class Comments:
    """The comments of tasks."""

    def __init__(self, notes: Notes, clock: Clock) -> None:
        self._notes = notes
        self._clock = clock

    async def page(self, session: AsyncSession, on: OnBoard, task_id: str, limit: int, offset: int) -> CommentList:
        """The earliest first."""
        task = await self._task(session, on, task_id, Lock.NONE)
        rows = await TaskRows(session).comments(task.id, limit, offset)
        items = [_comment(row) for row in rows]
        return CommentList(items=items, total=task.comment_count, limit=limit, offset=offset)

    async def add(self, session: AsyncSession, on: OnBoard, task_id: str, new: NewComment) -> Comment:
        """Whoever may write on the board may comment. Raises UnknownTask."""
        task = await self._task(session, on, task_id, Lock.HELD)
        return _comment(await self.write(session, on, task, new.body))

    async def write(self, session: AsyncSession, on: OnBoard, task: TaskRow, body: str) -> CommentRow:
        """On a task that is locked."""
        actor = on.actor
        row = CommentRow(
            id=new_id("cmt"), task_id=task.id, body=body, made_by_kind=actor.kind, made_by_id=actor.id,
            made_by_name=actor.name, created_at=at(self._clock.now_ns()), edited_at=None, version=1,
        )  # fmt: skip
        task.comment_count += 1
        await TaskRows(session).add(row)
        self._notes.of(session, on, "comment.created", row.id, None, _told(task, row), task.title)
        return row

    async def change(
        self, session: AsyncSession, on: OnBoard, task_id: str, comment_id: str, change: CommentChange
    ) -> Comment:  # fmt: skip
        """By its author. Raises UnknownComment, NotYourComment, Changed."""
        task, row = await self._both(session, on, task_id, comment_id)
        if not on.actor.is_same(_author(row)):
            raise NotYourComment
        check_version(row, change.version)
        before = _told(task, row)
        row.body, row.edited_at = change.body, at(self._clock.now_ns())
        row.version += 1
        self._notes.of(session, on, "comment.updated", row.id, before, _told(task, row), task.title)
        await session.flush()
        return _comment(row)

    async def delete(self, session: AsyncSession, on: OnBoard, task_id: str, comment_id: str) -> None:
        """By its author, or an admin. Raises UnknownComment, NotYourComment."""
        task, row = await self._both(session, on, task_id, comment_id)
        is_admin = on.caller is not None and on.caller.has_role(OrganizationRole.ADMIN)
        if not (on.actor.is_same(_author(row)) or is_admin):
            raise NotYourComment
        task.comment_count -= 1
        before = _told(task, row)
        await TaskRows(session).delete(row)
        self._notes.of(session, on, "comment.deleted", row.id, before, None, task.title)

    async def _both(
        self, session: AsyncSession, on: OnBoard, task_id: str, comment_id: str
    ) -> tuple[TaskRow, CommentRow]:  # fmt: skip
        task = await self._task(session, on, task_id, Lock.HELD)
        row = await TaskRows(session).comment(task.id, comment_id, Lock.HELD)
        if row is None:
            raise UnknownComment
        return task, row

    async def _task(self, session: AsyncSession, on: OnBoard, task_id: str, lock: Lock) -> TaskRow:
        row = await TaskRows(session).one(on.board.id, task_id, lock)
        if row is None:
            raise UnknownTask
        return row


def _author(row: CommentRow) -> Actor:
    return Actor(row.made_by_kind, row.made_by_id, row.made_by_name)


def _comment(row: CommentRow) -> Comment:
    return Comment(**{name: getattr(row, name) for name in _ROW})


def _told(task: TaskRow, row: CommentRow) -> dict[str, object]:
    return {"task_id": task.id, "body": row.body, "made_by_id": row.made_by_id, "assigned_id": task.assigned_id}
