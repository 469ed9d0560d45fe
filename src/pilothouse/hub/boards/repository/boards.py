"""Queries on boards and groups of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.models import BoardGroupRow, BoardRow

Query = TypeVar("Query", bound=Select[Any])


class Lock(Enum):
    """How a row is held until the transaction ends, on databases with more than one writer."""

    NONE = "none"
    KEPT = "kept"
    """Nobody deletes it; what refers to it can be made."""
    HELD = "held"
    """Nobody else changes it or holds it."""
    REMOVED = "removed"
    """Nobody else does anything with it."""

    def on(self, query: Query) -> Query:
        if self is Lock.NONE:
            return query
        query = query.with_for_update(read=self is Lock.KEPT, key_share=self is not Lock.REMOVED)
        return query.execution_options(populate_existing=True)


class BoardRows:
    """Queries on boards within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def one(self, board_id: str, lock: Lock = Lock.NONE) -> BoardRow | None:
        return await self._session.scalar(lock.on(select(BoardRow).where(BoardRow.id == board_id)))

    async def group(self, group_id: str, lock: Lock = Lock.NONE) -> BoardGroupRow | None:
        return await self._session.scalar(lock.on(select(BoardGroupRow).where(BoardGroupRow.id == group_id)))

    async def page(
        self, organization_id: str, boards: Collection[str] | None, limit: int, offset: int, *,
        group_id: str | None = None, text: str | None = None,
    ) -> tuple[Sequence[BoardRow], int]:  # fmt: skip
        """The earliest first, and how many there are; of ``boards`` only, None is all."""
        wanted: list[ColumnElement[bool]] = [BoardRow.organization_id == organization_id]
        if boards is not None:
            wanted.append(BoardRow.id.in_(sorted(boards)))
        if group_id is not None:
            wanted.append(BoardRow.group_id == group_id)
        if text:
            wanted.append(BoardRow.name.icontains(text, autoescape=True))
        total = await self._session.scalar(select(func.count()).select_from(BoardRow).where(*wanted)) or 0
        query = select(BoardRow).where(*wanted).order_by(BoardRow.created_at, BoardRow.id)
        return (await self._session.scalars(query.limit(limit).offset(offset))).all(), total

    async def groups(
        self, organization_id: str, limit: int, offset: int, *, holding: Collection[str] | None = None
    ) -> tuple[Sequence[BoardGroupRow], int]:
        """The earliest first, and how many there are; those that hold one of these boards, None is all."""
        wanted = [BoardGroupRow.organization_id == organization_id]
        if holding is not None:
            wanted.append(BoardGroupRow.id.in_(select(BoardRow.group_id).where(BoardRow.id.in_(sorted(holding)))))
        total = await self._session.scalar(select(func.count()).select_from(BoardGroupRow).where(*wanted)) or 0
        query = select(BoardGroupRow).where(*wanted).order_by(BoardGroupRow.created_at, BoardGroupRow.id)
        return (await self._session.scalars(query.limit(limit).offset(offset))).all(), total

    async def in_groups(self, group_ids: Collection[str]) -> list[tuple[str, str]]:
        """Group and id of every board in them."""
        query = select(BoardRow.group_id, BoardRow.id).where(BoardRow.group_id.in_(group_ids))
        found = await self._session.execute(query.order_by(BoardRow.created_at, BoardRow.id))
        return [(group_id, board_id) for group_id, board_id in found if group_id is not None]

    async def known(self, organization_id: str, board_ids: Collection[str]) -> frozenset[str]:
        query = select(BoardRow.id).where(BoardRow.organization_id == organization_id, BoardRow.id.in_(board_ids))
        return frozenset((await self._session.scalars(query)).all())

    async def names(self, organization_id: str, board_ids: Collection[str]) -> dict[str, str]:
        own = (BoardRow.organization_id == organization_id, BoardRow.id.in_(board_ids))
        found = await self._session.execute(select(BoardRow.id, BoardRow.name).where(*own))
        return {one.id: one.name for one in found}

    async def has_any(self, organization_id: str) -> bool:
        query = select(BoardRow.id).where(BoardRow.organization_id == organization_id).limit(1)
        return await self._session.scalar(query) is not None

    async def delete(self, row: BoardRow | BoardGroupRow) -> None:
        await self._session.delete(row)
        await self._session.flush()
