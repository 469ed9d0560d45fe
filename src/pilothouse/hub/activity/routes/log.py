"""What happened in an organization, and what happens, live."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, StringConstraints
from starlette.requests import Request

from pilothouse.hub.activity.domain import Sought, is_of_kind
from pilothouse.hub.activity.routes.streaming import follow
from pilothouse.hub.activity.schemas import ActivityList
from pilothouse.hub.activity.service import Activity
from pilothouse.hub.identity.auth import Member, Reading, TheAccess
from pilothouse.web import Paging
from pilothouse.web.kept import kept
from pilothouse.web.streams import EventStream, Since

router = APIRouter(prefix="/api/v1/activity", tags=["activity"])

EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {}}}}
}
_LARGEST = 2**63 - 1

Kind = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,40}(\.[a-z_]{1,59})?$")]
BoardQuery = Annotated[str | None, Query(max_length=100, description="Only of this board")]
Kinds = Annotated[list[Kind] | None, Query(max_length=20, description="Any of these: `task` or `task.updated`")]


TheActivity = Annotated[Activity, Depends(kept("activity", Activity))]


async def _sought(
    caller: Member,
    access: TheAccess,
    session: Reading,
    board: BoardQuery = None,
    kind: Kinds = None,
    subject_kind: Annotated[str | None, Query(max_length=40)] = None,
    subject: Annotated[str | None, Query(max_length=200, description="What was changed, such as a task's id")] = None,
    actor: Annotated[str | None, Query(max_length=200, description="The id of who changed it")] = None,
    since: Annotated[AwareDatetime | None, Query()] = None,
    until: Annotated[AwareDatetime | None, Query()] = None,
    cursor: Annotated[int | None, Query(ge=0, le=_LARGEST, description="`next_cursor` of the page before")] = None,
) -> Sought:
    rights = await access.boards(session, caller)
    return Sought(
        organization_id=caller.organization_id or "", boards=None if rights.all_read else rights.readable,
        organization_wide=caller.is_person, board_id=board, kinds=tuple(kind or ()), subject_kind=subject_kind,
        subject_id=subject, actor_id=actor, since=since, until=until, before_sequence=cursor,
    )  # fmt: skip


@router.get("", summary="List what changed, the latest first")
async def list_activity(
    activity: TheActivity,
    session: Reading,
    sought: Annotated[Sought, Depends(_sought)],
    page: Paging,
) -> ActivityList:
    """Every change of boards, tasks, comments, approvals, memory, agents and webhooks that you may see, with who made
    it, before and after. What was deleted keeps its history. `cursor` leads on without gaps or repeats while changes
    come; `offset` counts from the latest."""
    return await activity.page(session, sought, page.limit, page.offset)


@router.get("/stream", response_class=StreamingResponse, responses=EVENT_STREAM, summary="Follow all you may see")
async def stream_activity(
    request: Request, caller: Member, since: Since, board: BoardQuery = None, kind: Kinds = None
) -> EventStream:
    """Changes as server-sent events, of one board or of all that you see. The id of an event is the `sequence` of its
    change: `Last-Event-ID` or `since` resumes without loss or repeats, also after the stream of another board. Without
    them the stream begins now. Where changes in between are no longer kept, an event named `forgotten` says so. It ends
    within 5 s of your losing the right to it."""
    kinds = tuple(kind or ())
    return await follow(request, caller, since, lambda event: is_of_kind(event.kind, kinds), board_id=board)
