"""Custom fields of tasks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from pilothouse.hub.boards.auth import BoardMaker, Services
from pilothouse.hub.boards.routes.versions import IfMatch, seen
from pilothouse.hub.boards.schemas.boards import CustomField, CustomFieldChange, CustomFieldList, NewCustomField
from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import Member, OnceKey, Reading, ThisHub, Writing
from pilothouse.kit.clock import at
from pilothouse.web import Paging

router = APIRouter(prefix="/api/v1/custom-fields", tags=["boards"])

FieldPath = Annotated[str, Path(min_length=1, max_length=100)]


@router.get("", summary="List custom fields by key")
async def list_custom_fields(caller: Member, services: Services, session: Reading, page: Paging) -> CustomFieldList:
    return await services.fields.page(session, caller.organization_id or "", page.limit, page.offset)


@router.post("", status_code=201, summary="Make a custom field")
async def create_custom_field(
    caller: BoardMaker, services: Services, session: Writing, hub: ThisHub, once: OnceKey, new: NewCustomField
) -> CustomField:
    """On the boards named, or on all. A required field is asked for when a task is made, unless it has a default."""
    now = at(hub.clock.now_ns())
    return await answer_once(session, once, now, CustomField, lambda: services.fields.create(session, caller, new))


@router.get("/{field_id}", summary="Get a custom field")
async def get_custom_field(caller: Member, services: Services, session: Reading, field_id: FieldPath) -> CustomField:
    return await services.fields.one(session, caller, field_id)


@router.patch("/{field_id}", summary="Change a custom field")
async def change_custom_field(
    caller: BoardMaker, services: Services, session: Writing, field_id: FieldPath, version: IfMatch,
    change: CustomFieldChange,
) -> CustomField:  # fmt: skip
    """What tasks have in it stays as it is until it is changed."""
    return await services.fields.change(session, caller, field_id, seen(change, version))


@router.delete("/{field_id}", status_code=204, summary="Delete a custom field")
async def delete_custom_field(caller: BoardMaker, services: Services, session: Writing, field_id: FieldPath) -> None:
    await services.fields.delete(session, caller, field_id)
