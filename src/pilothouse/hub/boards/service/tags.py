"""Tags of an organization."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.names import slug_of
from pilothouse.hub.boards.domain.problems import NameTaken, UnknownTag
from pilothouse.hub.boards.models import TagRow
from pilothouse.hub.boards.repository import Lock, TagRows, write_unique
from pilothouse.hub.boards.schemas.boards import NewTag, Tag, TagChange, TagList
from pilothouse.hub.boards.service.boards import given
from pilothouse.hub.boards.service.scope import Notes, check_version, differences
from pilothouse.hub.db import change_row
from pilothouse.hub.identity import Caller
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id

_ROW = tuple(Tag.model_fields)


class Tags:
    """Every tag."""

    def __init__(self, notes: Notes, clock: Clock) -> None:
        self._notes = notes
        self._clock = clock

    async def page(self, session: AsyncSession, organization_id: str, limit: int, offset: int) -> TagList:
        """By slug."""
        rows, total = await TagRows(session).page(organization_id, limit, offset)
        return TagList(items=[_tag(row) for row in rows], total=total, limit=limit, offset=offset)

    async def one(self, session: AsyncSession, caller: Caller, tag_id: str) -> Tag:
        """Raises UnknownTag."""
        return _tag(await self._found(session, caller, tag_id))

    async def create(self, session: AsyncSession, caller: Caller, new: NewTag) -> Tag:
        """Raises NameTaken."""
        now, tag_id = at(self._clock.now_ns()), new_id("tag")
        row = TagRow(
            id=tag_id, organization_id=caller.organization_id, name=new.name,
            slug=new.slug or slug_of(new.name) or tag_id.replace("_", "-"), colour=new.colour,
            created_at=now, changed_at=now, version=1,
        )  # fmt: skip
        await write_unique(session, row, NameTaken(thing="tag", slug=row.slug))
        self._note(session, caller, "tag.created", row, None, _told(row))
        return _tag(row)

    async def change(self, session: AsyncSession, caller: Caller, tag_id: str, change: TagChange) -> Tag:
        """Raises UnknownTag, Changed, NameTaken, NothingToChange."""
        row = await self._found(session, caller, tag_id, Lock.HELD)
        check_version(row, change.version)
        wanted = given(change)
        was, now_is = differences({name: getattr(row, name) for name in wanted}, wanted)
        if was:
            change_row(row, now_is, at(self._clock.now_ns()))
            await write_unique(session, row, NameTaken(thing="tag", slug=row.slug))
            self._note(session, caller, "tag.updated", row, was, now_is)
        return _tag(row)

    async def delete(self, session: AsyncSession, caller: Caller, tag_id: str) -> None:
        """Tasks lose it. Raises UnknownTag."""
        row = await self._found(session, caller, tag_id, Lock.REMOVED)
        await TagRows(session).delete(row)
        self._note(session, caller, "tag.deleted", row, _told(row), None)

    async def _found(self, session: AsyncSession, caller: Caller, tag_id: str, lock: Lock = Lock.NONE) -> TagRow:
        row = await TagRows(session).one(caller.organization_id or "", tag_id, lock)
        if row is None:
            raise UnknownTag
        return row

    def _note(
        self, session: AsyncSession, caller: Caller, kind: str, row: TagRow, before: dict[str, object] | None,
        after: dict[str, object] | None,
    ) -> None:  # fmt: skip
        self._notes.in_organization(session, caller, row.organization_id, kind, row.id, before, after, row.name)


def _tag(row: TagRow) -> Tag:
    return Tag(**{name: getattr(row, name) for name in _ROW})


def _told(row: TagRow) -> dict[str, object]:
    return {"name": row.name, "slug": row.slug, "colour": row.colour}
