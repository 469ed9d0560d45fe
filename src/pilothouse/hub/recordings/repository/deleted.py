"""Rows of recordings that are gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.recordings.models import DeletedRow
from pilothouse.hub.recordings.repository.inserting import insert_new

_BATCH = 500


class DeletedRows:
    """Queries on deleted recordings within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            await self._session.execute(insert_new(self._session, DeletedRow), rows)

    async def has(self, session_id: str) -> bool:
        query = select(DeletedRow.session_id).where(DeletedRow.session_id == session_id)
        return await self._session.scalar(query) is not None

    async def forget(self, session_ids: Collection[str]) -> None:
        """They are back."""
        ordered = sorted(session_ids)
        for first in range(0, len(ordered), _BATCH):
            some = ordered[first : first + _BATCH]
            await self._session.execute(delete(DeletedRow).where(DeletedRow.session_id.in_(some)))

    async def forget_old(self, before: datetime) -> None:
        await self._session.execute(delete(DeletedRow).where(DeletedRow.deleted_at < before))
