"""The SQL of notifications."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.notifications.models import NotificationCursorRow

_CURSOR = 1


class CursorRows:
    """How far the hub's events have been followed."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def read(self, *, lock: bool = False) -> int:
        """Locked, nobody else makes deliveries until this transaction ends."""
        query = select(NotificationCursorRow.sequence).where(NotificationCursorRow.id == _CURSOR)
        return await self._session.scalar(query.with_for_update() if lock else query) or 0

    async def advance(self, sequence: int) -> None:
        moved = update(NotificationCursorRow).where(NotificationCursorRow.id == _CURSOR).values(sequence=sequence)
        await self._session.execute(moved)
