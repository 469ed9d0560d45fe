"""Groups of boards."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from pilothouse.hub.boards.auth import BoardMaker, Services
from pilothouse.hub.boards.routes.versions import IfMatch, seen
from pilothouse.hub.boards.schemas.boards import BoardGroup, BoardGroupChange, BoardGroupList, NewBoardGroup
from pilothouse.hub.boards.schemas.snapshots import BoardGroupSnapshot
from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import Member, OnceKey, Reading, ThisHub, Writing
from pilothouse.kit.clock import at
from pilothouse.web import Paging

router = APIRouter(prefix="/api/v1/board-groups", tags=["boards"])

GroupPath = Annotated[str, Path(min_length=1, max_length=100)]


@router.get("", summary="List groups of boards")
async def list_board_groups(caller: Member, services: Services, session: Reading, page: Paging) -> BoardGroupList:
    return await services.groups.page(session, caller, page.limit, page.offset)


@router.post("", status_code=201, summary="Make a group of boards")
async def create_board_group(
    caller: BoardMaker, services: Services, session: Writing, hub: ThisHub, once: OnceKey, new: NewBoardGroup
) -> BoardGroup:
    now = at(hub.clock.now_ns())
    return await answer_once(session, once, now, BoardGroup, lambda: services.groups.create(session, caller, new))


@router.get("/{group_id}", summary="Get a group of boards")
async def get_board_group(caller: Member, services: Services, session: Reading, group_id: GroupPath) -> BoardGroup:
    return await services.groups.one(session, caller, group_id)


@router.patch("/{group_id}", summary="Change a group of boards")
async def change_board_group(
    caller: BoardMaker, services: Services, session: Writing, group_id: GroupPath, version: IfMatch,
    change: BoardGroupChange,
) -> BoardGroup:  # fmt: skip
    return await services.groups.change(session, caller, group_id, seen(change, version))


@router.delete("/{group_id}", status_code=204, summary="Delete a group; its boards stay")
async def delete_board_group(caller: BoardMaker, services: Services, session: Writing, group_id: GroupPath) -> None:
    await services.groups.delete(session, caller, group_id)


@router.get("/{group_id}/snapshot", summary="Everything needed to draw a group of boards")
async def get_board_group_snapshot(
    caller: Member, services: Services, session: Reading, group_id: GroupPath
) -> BoardGroupSnapshot:
    """Follow the streams from its `sequence`."""
    place = await services.snapshots.place(caller.organization_id or "")
    return await services.snapshots.group(session, caller, group_id, place)
