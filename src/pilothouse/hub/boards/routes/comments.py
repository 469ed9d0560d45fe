"""Comments of tasks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from pilothouse.hub.boards.auth import BoardRead, BoardWrite, Services
from pilothouse.hub.boards.routes.tasks import TaskPath
from pilothouse.hub.boards.routes.versions import IfMatch, seen
from pilothouse.hub.boards.schemas.tasks import Comment, CommentChange, CommentList, NewComment
from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import OnceKey, Reading, ThisHub, Writing
from pilothouse.kit.clock import at
from pilothouse.web import Paging

router = APIRouter(prefix="/api/v1/boards/{board_id}/tasks/{task_id}/comments", tags=["tasks"])

CommentPath = Annotated[str, Path(min_length=1, max_length=100)]


@router.get("", summary="List comments, the earliest first")
async def list_comments(
    on: BoardRead, services: Services, session: Reading, task_id: TaskPath, page: Paging
) -> CommentList:
    return await services.comments.page(session, on, task_id, page.limit, page.offset)


@router.post("", status_code=201, summary="Comment on a task")
async def create_comment(
    on: BoardWrite, services: Services, session: Writing, hub: ThisHub, once: OnceKey, task_id: TaskPath,
    new: NewComment,
) -> Comment:  # fmt: skip
    """Whoever may write on the board may comment on any task; `@name` speaks to an agent."""
    now = at(hub.clock.now_ns())
    return await answer_once(session, once, now, Comment, lambda: services.comments.add(session, on, task_id, new))


@router.patch("/{comment_id}", summary="Change a comment of your own")
async def change_comment(
    on: BoardWrite, services: Services, session: Writing, task_id: TaskPath, comment_id: CommentPath,
    version: IfMatch, change: CommentChange,
) -> Comment:  # fmt: skip
    """What it said before stays in the activity log."""
    return await services.comments.change(session, on, task_id, comment_id, seen(change, version))


@router.delete("/{comment_id}", status_code=204, summary="Delete a comment")
async def delete_comment(
    on: BoardWrite, services: Services, session: Writing, task_id: TaskPath, comment_id: CommentPath
) -> None:
    """Your own; an admin any."""
    await services.comments.delete(session, on, task_id, comment_id)
