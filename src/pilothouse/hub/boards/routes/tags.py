"""Tags of an organization."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from pilothouse.hub.boards.auth import BoardMaker, Services
from pilothouse.hub.boards.routes.versions import IfMatch, seen
from pilothouse.hub.boards.schemas.boards import NewTag, Tag, TagChange, TagList
from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import Member, OnceKey, Reading, ThisHub, Writing
from pilothouse.kit.clock import at
from pilothouse.web import Paging

router = APIRouter(prefix="/api/v1/tags", tags=["boards"])

TagPath = Annotated[str, Path(min_length=1, max_length=100)]


@router.get("", summary="List tags by slug")
async def list_tags(caller: Member, services: Services, session: Reading, page: Paging) -> TagList:
    return await services.tags.page(session, caller.organization_id or "", page.limit, page.offset)


@router.post("", status_code=201, summary="Make a tag")
async def create_tag(
    caller: BoardMaker, services: Services, session: Writing, hub: ThisHub, once: OnceKey, new: NewTag
) -> Tag:
    now = at(hub.clock.now_ns())
    return await answer_once(session, once, now, Tag, lambda: services.tags.create(session, caller, new))


@router.get("/{tag_id}", summary="Get a tag")
async def get_tag(caller: Member, services: Services, session: Reading, tag_id: TagPath) -> Tag:
    return await services.tags.one(session, caller, tag_id)


@router.patch("/{tag_id}", summary="Change a tag")
async def change_tag(
    caller: BoardMaker, services: Services, session: Writing, tag_id: TagPath, version: IfMatch, change: TagChange
) -> Tag:
    return await services.tags.change(session, caller, tag_id, seen(change, version))


@router.delete("/{tag_id}", status_code=204, summary="Delete a tag; tasks lose it")
async def delete_tag(caller: BoardMaker, services: Services, session: Writing, tag_id: TagPath) -> None:
    await services.tags.delete(session, caller, tag_id)
