"""How far the hub's events are followed: the one row of a table that a slice has for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

_ONLY = 1


class Cursor:
    """The row of a table with an ``id`` and a ``sequence``, within one session."""

    def __init__(self, session: AsyncSession, row: type[Any]) -> None:
        self._session = session
        self._row = row

    async def read(self, *, lock: bool = False) -> int:
        """Locked, nobody else follows until this transaction ends."""
        query = select(self._row.sequence).where(self._row.id == _ONLY)
        return await self._session.scalar(query.with_for_update() if lock else query) or 0

    async def advance(self, sequence: int) -> None:
        await self._session.execute(update(self._row).where(self._row.id == _ONLY).values(sequence=sequence))
