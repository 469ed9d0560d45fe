"""Remember, find, correct, forget."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity, Doer
from pilothouse.hub.activity.schemas import ActivityActor
from pilothouse.hub.activity.service import doer_of
from pilothouse.hub.db import change_row
from pilothouse.hub.identity.domain import AgentRole, Caller
from pilothouse.hub.memory.domain import (
    MOST_ENTRIES,
    MemoryChanged,
    MemoryFull,
    NothingToRemember,
    Place,
    Sought,
    UnknownMemory,
    check_author,
    fenced,
)
from pilothouse.hub.memory.models import MemoryRow
from pilothouse.hub.memory.repository import MemoryRows
from pilothouse.hub.memory.schemas import MemoryChange, MemoryEntry, MemoryList, NewMemory
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id

MARKER_BYTES = 16


class Memory:
    """What boards and groups of boards remember."""

    def __init__(self, activity: Activity, clock: Clock) -> None:
        self._activity = activity
        self._clock = clock

    async def create(
        self, session: AsyncSession, caller: Caller | Doer | None, place: Place, new: NewMemory
    ) -> MemoryEntry:
        """A new entry; raises MemoryFull."""
        rows, now, author = MemoryRows(session, place), self._now(), doer_of(caller)
        if await rows.count() >= MOST_ENTRIES:
            raise MemoryFull(most=MOST_ENTRIES)
        row = await rows.add(
            id=new_id("mem"), organization_id=place.organization_id, board_id=place.board_id, group_id=place.group_id,
            content=new.content, tags=list(dict.fromkeys(new.tags)), is_chat=new.is_chat, untrusted=new.untrusted,
            source=new.source or author.kind, author_kind=author.kind, author_id=author.id, author_name=author.name,
            created_at=now, changed_at=now, version=1,
        )  # fmt: skip
        self._note(session, caller, row, "memory.created", None, _told(row))
        return _shown(row, caller)

    async def page(
        self, session: AsyncSession, caller: Caller, place: Place, sought: Sought, limit: int, offset: int
    ) -> MemoryList:
        """The latest first."""
        rows, total = await MemoryRows(session, place).page(sought, limit, offset)
        return MemoryList(items=[_shown(row, caller) for row in rows], total=total, limit=limit, offset=offset)

    async def recent(
        self, session: AsyncSession, caller: Caller, *, board_id: str | None, group_id: str | None, limit: int
    ) -> list[dict[str, Any]]:
        """The latest of a place that somebody was found to see, as the routes show it."""
        place = Place(caller.organization_id or "", board_id, None if board_id else group_id)
        rows, _ = await MemoryRows(session, place).page(Sought(), limit, 0)
        return [_shown(row, caller).model_dump(mode="json") for row in rows]

    async def get(self, session: AsyncSession, caller: Caller, place: Place, memory_id: str) -> MemoryEntry:
        """One of them; raises UnknownMemory."""
        return _shown(await _found(session, place, memory_id), caller)

    async def change(
        self, session: AsyncSession, caller: Caller, place: Place, memory_id: str, change: MemoryChange
    ) -> MemoryEntry:
        """What came from outside stays marked as such, whoever corrects it. Raises UnknownMemory, MemoryChanged,
        NotYourEntry, NothingToRemember."""
        row = await _found(session, place, memory_id, lock=True)
        check_author(_author(row), doer_of(caller), is_lead=caller.agent_role is AgentRole.LEAD)
        if change.version is not None and change.version != row.version:
            raise MemoryChanged(version=row.version)
        values = change.model_dump(exclude_unset=True, exclude_none=True, exclude={"version"})
        if not values:
            raise NothingToRemember
        if "tags" in values:
            values["tags"] = list(dict.fromkeys(values["tags"]))
        before = _told(row)
        change_row(row, values, self._now())
        self._note(session, caller, row, "memory.updated", before, _told(row))
        await session.flush()
        return _shown(row, caller)

    async def remove(self, session: AsyncSession, caller: Caller, place: Place, memory_id: str) -> None:
        """Its history stays in the activity. Raises UnknownMemory, NotYourEntry."""
        row = await _found(session, place, memory_id, lock=True)
        check_author(_author(row), doer_of(caller), is_lead=caller.agent_role is AgentRole.LEAD)
        self._note(session, caller, row, "memory.deleted", _told(row), None)
        await MemoryRows(session, place).remove(row)

    def _note(
        self, session: AsyncSession, caller: Caller | Doer | None, row: MemoryRow, kind: str,
        before: dict[str, Any] | None, after: dict[str, Any] | None,
    ) -> None:  # fmt: skip
        self._activity.note(
            session, caller, organization_id=row.organization_id, board_id=row.board_id, kind=kind,
            subject=("memory", row.id), before=before, after=after,
        )  # fmt: skip

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def fence(text: str, source: str) -> str:
    """Text from outside as an agent is given it, with a marker drawn anew."""
    marker = secrets.token_hex(MARKER_BYTES)
    while marker in text:
        marker = secrets.token_hex(MARKER_BYTES)
    return fenced(text, source, marker)


async def _found(session: AsyncSession, place: Place, memory_id: str, *, lock: bool = False) -> MemoryRow:
    row = await MemoryRows(session, place).get(memory_id, lock=lock)
    if row is None:
        raise UnknownMemory
    return row


def _author(row: MemoryRow) -> Doer:
    return Doer(row.author_kind, row.author_id, row.author_name)


def _told(row: MemoryRow) -> dict[str, Any]:
    """An entry as everybody who follows the board hears of it, agents too: what is untrusted is fenced."""
    names = ("id", "board_id", "group_id", "tags", "is_chat", "untrusted", "source", "version")
    content = fence(row.content, row.source) if row.untrusted else row.content
    return {**{name: getattr(row, name) for name in names}, "content": content}


def _shown(row: MemoryRow, caller: Caller | Doer | None) -> MemoryEntry:
    fence_text = fence(row.content, row.source) if row.untrusted else None
    author = ActivityActor(kind=row.author_kind, id=row.author_id, name=row.author_name)
    is_person = isinstance(caller, Caller) and caller.is_person
    return MemoryEntry(
        id=row.id, organization_id=row.organization_id, board_id=row.board_id, group_id=row.group_id,
        content=row.content if fence_text is None or is_person else fence_text, tags=row.tags, is_chat=row.is_chat,
        source=row.source, untrusted=row.untrusted, fenced_text=fence_text, author=author, created_at=row.created_at,
        changed_at=row.changed_at, version=row.version,
    )  # fmt: skip
