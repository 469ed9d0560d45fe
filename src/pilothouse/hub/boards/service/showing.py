"""Rows as everybody sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.repository import TagRows
from pilothouse.hub.boards.schemas.tasks import Task, TaskCard

Shown = TypeVar("Shown", Task, TaskCard)
_TASKS = TypeAdapter(list[Task])
_CARDS = TypeAdapter(list[TaskCard])


async def show(session: AsyncSession, organization_id: str, views: Sequence[dict[str, Any]]) -> list[Task]:
    """With their tags, which are read in one query for all of them."""
    await _add_tags(session, organization_id, views)
    return _TASKS.validate_python(views)


async def show_cards(session: AsyncSession, organization_id: str, views: Sequence[dict[str, Any]]) -> list[TaskCard]:
    await _add_tags(session, organization_id, views)
    return _CARDS.validate_python(views)


async def _add_tags(session: AsyncSession, organization_id: str, views: Sequence[dict[str, Any]]) -> None:
    wanted = {tag_id for view in views for tag_id in view["tag_ids"]}
    known = await TagRows(session).several(organization_id, wanted) if wanted else {}
    tags = {
        one: {"id": one, "name": row.name, "slug": row.slug, "colour": row.colour} for one, row in known.items()
    }  # fmt: skip
    for view in views:
        view["tags"] = [tags[tag_id] for tag_id in view["tag_ids"] if tag_id in tags]
