"""The SQL of memory. What the two databases do differently is in this file alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, column, func, literal, literal_column, select, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.memory.domain import Place, Sought
from pilothouse.hub.memory.models import MemoryRow
from pilothouse.hub.recordings.domain.words import words

# SQLite keeps it by triggers of the migration; PostgreSQL has a column instead.
_SEARCH = table("memory_search", column("rowid"))


class MemoryRows:
    """Queries on the memory of one place within one session."""

    def __init__(self, session: AsyncSession, place: Place) -> None:
        self._session = session
        row = MemoryRow
        self._own = row.board_id == place.board_id if place.board_id is not None else row.group_id == place.group_id

    async def add(self, **values: Any) -> MemoryRow:
        row = MemoryRow(**values)
        self._session.add(row)
        await self._session.flush()
        return row

    async def get(self, memory_id: str, *, lock: bool = False) -> MemoryRow | None:
        query = select(MemoryRow).where(MemoryRow.id == memory_id, self._own)
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def count(self) -> int:
        return await self._session.scalar(select(func.count()).select_from(MemoryRow).where(self._own)) or 0

    async def page(self, sought: Sought, limit: int, offset: int) -> tuple[Sequence[MemoryRow], int]:
        """The latest first, and how many there are."""
        wanted = [self._own, *_conditions(sought, self._session.get_bind().dialect.name)]
        total = await self._session.scalar(select(func.count()).select_from(MemoryRow).where(*wanted)) or 0
        query = select(MemoryRow).where(*wanted).order_by(MemoryRow.number.desc()).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def remove(self, row: MemoryRow) -> None:
        await self._session.delete(row)
        await self._session.flush()


def _conditions(sought: Sought, dialect: str) -> list[ColumnElement[bool]]:
    row = MemoryRow
    conditions: list[ColumnElement[bool]] = []
    for one, value in ((row.is_chat, sought.is_chat), (row.author_id, sought.author_id), (row.source, sought.source)):
        if value is not None:
            conditions.append(one == value)
    if sought.since is not None:
        conditions.append(row.created_at >= sought.since)
    if sought.until is not None:
        conditions.append(row.created_at < sought.until)
    conditions += [_has_tag(tag, dialect) for tag in sought.tags]
    conditions += [_has_word(word, dialect) for word in words(sought.text or "")]
    return conditions


def _has_tag(tag: str, dialect: str) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return MemoryRow.tags.op("@>", is_comparison=True)(literal([tag], JSONB))
    each = func.json_each(MemoryRow.tags).table_valued("value")
    return select(each.c.value).where(each.c.value == tag).exists()


def _has_word(word: str, dialect: str) -> ColumnElement[bool]:
    """A word that begins so."""
    if dialect == "postgresql":
        asked = func.to_tsquery("simple", f"'{word}':*")
        return literal_column("memory_entries.words").op("@@", is_comparison=True)(asked)
    found = select(_SEARCH.c.rowid).where(literal_column("memory_search").op("MATCH")(f'"{word}" *'))
    return MemoryRow.number.in_(found)
