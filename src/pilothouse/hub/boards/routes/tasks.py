"""Tasks of a board."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse
from starlette.requests import Request
from starlette.responses import Response

from pilothouse.hub.activity.routes import EVENT_STREAM
from pilothouse.hub.activity.routes.streaming import board_stream
from pilothouse.hub.boards.auth import BoardFollowed, BoardPath, BoardRead, BoardWrite, Services
from pilothouse.hub.boards.domain.states import Priority, TaskStatus
from pilothouse.hub.boards.repository import Direction, TaskSort, TasksSought
from pilothouse.hub.boards.routes.versions import IfMatch, seen
from pilothouse.hub.boards.schemas.tasks import NewTask, Task, TaskChange, TaskList
from pilothouse.hub.boards.service.scope import actor_of
from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import Member, OnceKey, Reading, ThisHub, Writing
from pilothouse.kit.clock import at
from pilothouse.web import Paging
from pilothouse.web.streams import EventStream, Since

router = APIRouter(prefix="/api/v1/boards/{board_id}/tasks", tags=["tasks"])

TaskPath = Annotated[str, Path(min_length=1, max_length=100, description="A task's id")]


async def _sought(
    caller: Member,
    status: Annotated[list[TaskStatus] | None, Query(description="Any of these")] = None,
    assigned: Annotated[
        str | None, Query(max_length=100, description="The id of an agent or a person, `me`, or `none`")
    ] = None,
    tag: Annotated[str | None, Query(max_length=100, description="A tag's id")] = None,
    priority: Annotated[list[Priority] | None, Query(description="Any of these")] = None,
    incident_id: Annotated[str | None, Query(max_length=100)] = None,
    *,
    blocked: Annotated[bool | None, Query(description="Waits for other tasks, or does not")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Words in title or description")] = None,
    sort: TaskSort = TaskSort.CREATED,
    order: Direction = Direction.DESCENDING,
) -> TasksSought:
    return TasksSought(
        statuses=tuple(status or ()), assigned_id=_assigned(actor_of(caller).id, assigned),
        is_unassigned=assigned == "none", tag=tag, priorities=tuple(priority or ()), incident_id=incident_id,
        is_blocked=blocked, text=q, sort=sort, direction=order,
    )  # fmt: skip


def _assigned(own_id: str, wanted: str | None) -> str | None:
    return own_id if wanted == "me" else None if wanted == "none" else wanted


Filters = Annotated[TasksSought, Depends(_sought)]
"""What a list of tasks can be narrowed to, as query parameters."""


@router.get("", summary="List tasks", response_model=TaskList)
async def list_tasks(
    caller: Member, services: Services, session: Reading, board_id: BoardPath, page: Paging, sought: Filters
) -> Response:
    """The latest first, unless `sort` and `order` say otherwise; by priority the earliest of the same come first."""
    organization_id = await services.boards.sight(session, caller, board_id)
    listed, total = await services.tasks.listed(session, organization_id, board_id, sought, page.limit, page.offset)
    if not total:
        await services.boards.open(session, caller, board_id)
    return Response(listed, media_type="application/json")


@router.post("", status_code=201, summary="Make a task")
async def create_task(
    on: BoardWrite, services: Services, session: Writing, hub: ThisHub, once: OnceKey, new: NewTask
) -> Task:
    """It begins in the inbox. A worker assigns nobody."""
    now = at(hub.clock.now_ns())
    return await answer_once(session, once, now, Task, lambda: services.tasks.create(session, on, new))


@router.get(
    "/stream", summary="Follow tasks and comments, live", response_class=StreamingResponse, responses=EVENT_STREAM
)
async def stream_tasks(request: Request, caller: Member, on: BoardFollowed, since: Since) -> EventStream:
    """`task.created`, `task.claimed`, `task.lease_lost`, `comment.created`, deletions, and so on."""
    return await board_stream(request, caller, on.board.id, ("task", "comment"), since)


@router.get("/{task_id}", summary="Get a task")
async def get_task(on: BoardRead, services: Services, session: Reading, task_id: TaskPath) -> Task:
    return await services.tasks.one(session, on, task_id)


@router.patch("/{task_id}", summary="Change or move a task")
async def change_task(
    on: BoardWrite, services: Services, session: Writing, task_id: TaskPath, version: IfMatch, change: TaskChange
) -> Task:
    """Every change passes the rules of the board; each refusal has a code. Whoever moves a task forward that nobody
    has gets it. Changing what a task is makes approvals of it void; status, priority, due time and tags do not, unless
    it moves back."""
    return await services.tasks.update(session, on, task_id, seen(change, version))


@router.delete("/{task_id}", status_code=204, summary="Delete a task")
async def delete_task(on: BoardWrite, services: Services, session: Writing, task_id: TaskPath) -> None:
    """Its history stays; what waited for it waits no more. A lead deletes what agents made, a worker nothing."""
    await services.tasks.delete(session, on, task_id)


@router.post("/{task_id}/claim", summary="Claim a task")
async def claim_task(on: BoardWrite, services: Services, session: Writing, task_id: TaskPath) -> Task:
    """It is yours and in progress. Of many that claim at once one gets it; the others get 409 `task_claimed`, which
    names the winner. An agent keeps it as long as it is heard of; claimed again by the same, the lease is renewed."""
    return await services.tasks.claim(session, on, task_id)


@router.post("/{task_id}/release", summary="Give a task back")
async def release_task(on: BoardWrite, services: Services, session: Writing, task_id: TaskPath) -> Task:
    """Into the inbox, for others to claim."""
    return await services.tasks.release(session, on, task_id)
