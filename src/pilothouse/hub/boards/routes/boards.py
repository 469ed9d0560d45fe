"""Boards and what is needed to draw them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from starlette.requests import Request
from starlette.responses import Response

from pilothouse.hub.activity.routes import EVENT_STREAM
from pilothouse.hub.activity.routes.streaming import board_stream
from pilothouse.hub.boards.auth import BoardAdmin, BoardFollowed, BoardMaker, BoardPath, BoardRead, Services
from pilothouse.hub.boards.routes.versions import IfMatch, seen
from pilothouse.hub.boards.schemas.boards import Board, BoardChange, BoardList, NewBoard
from pilothouse.hub.boards.schemas.snapshots import BoardSnapshot
from pilothouse.hub.boards.service.boards import as_board
from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import Member, OnceKey, Reading, ThisHub, Writing
from pilothouse.kit.clock import at
from pilothouse.web import Paging
from pilothouse.web.streams import EventStream, Since

router = APIRouter(prefix="/api/v1/boards", tags=["boards"])


@router.get("", summary="List boards, the earliest first")
async def list_boards(
    caller: Member,
    services: Services,
    session: Reading,
    page: Paging,
    group_id: Annotated[str | None, Query(max_length=40, description="Only of this group")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Words in the name")] = None,
) -> BoardList:
    """Those that you may see."""
    return await services.boards.page(session, caller, page.limit, page.offset, group_id=group_id, text=q)


@router.post("", status_code=201, summary="Make a board")
async def create_board(
    caller: BoardMaker, services: Services, session: Writing, hub: ThisHub, once: OnceKey, new: NewBoard
) -> Board:
    """By default a board asks for nothing and people decide every approval. Only a person sets what needs one."""
    now = at(hub.clock.now_ns())
    return await answer_once(session, once, now, Board, lambda: services.boards.create(session, caller, new))


@router.get("/{board_id}", summary="Get a board and its rules")
async def get_board(on: BoardRead) -> Board:
    return as_board(on.board)


@router.patch("/{board_id}", summary="Change a board or its rules")
async def change_board(
    on: BoardAdmin, services: Services, session: Writing, version: IfMatch, change: BoardChange
) -> Board:
    """Only a person changes what needs an approval and who gives it."""
    return await services.boards.change(session, on, seen(change, version))


@router.delete("/{board_id}", status_code=204, summary="Delete a board with its tasks")
async def delete_board(on: BoardAdmin, services: Services, session: Writing) -> None:
    """Once it has no agents; what happened on it stays in the activity log."""
    await services.boards.delete(session, on)


@router.get("/{board_id}/snapshot", summary="Everything needed to draw a board", response_model=BoardSnapshot)
async def get_board_snapshot(caller: Member, services: Services, session: Reading, board_id: BoardPath) -> Response:
    """Follow `GET /api/v1/boards/{board_id}/stream?since=` its `sequence`: no change is missed between the two."""
    place = await services.snapshots.place(caller.organization_id or "")
    on = await services.boards.open(session, caller, board_id)
    snapshot = await services.snapshots.board(session, on, place)
    return Response(snapshot, media_type="application/json")


@router.get(
    "/{board_id}/stream",
    summary="Follow a board, live",
    response_class=StreamingResponse,
    responses=EVENT_STREAM,
)
async def stream_board(request: Request, caller: Member, on: BoardFollowed, since: Since) -> EventStream:
    """Every change on the board: tasks, comments, approvals, memory, agents, deletions."""
    return await board_stream(request, caller, on.board.id, (), since)
