"""Rows of recordings that are gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import insert_into
from pilothouse.hub.recordings.domain.watching import Sighting
from pilothouse.hub.recordings.models import DeletedRow

_BATCH = 500


class DeletedRows:
    """Queries on deleted recordings within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            await self._session.execute(insert_into(self._session, DeletedRow).on_conflict_do_nothing(), rows)

    async def bury(self, row: dict[str, Any]) -> None:
        """A person deleted this version of a file; what was known of its deletion before is overwritten."""
        await self.forget([row["session_id"]])
        await self._session.execute(insert_into(self._session, DeletedRow).values(row).on_conflict_do_nothing())

    async def waiting(self) -> Sequence[str]:
        """Ids of deleted recordings whose files are still to be removed."""
        query = select(DeletedRow.session_id).where(~DeletedRow.is_removed).order_by(DeletedRow.session_id)
        return (await self._session.scalars(query)).all()

    async def get(self, session_id: str) -> DeletedRow | None:
        return await self._session.scalar(select(DeletedRow).where(DeletedRow.session_id == session_id))

    async def removed(self, session_id: str) -> None:
        """Its file is gone."""
        done = update(DeletedRow).where(DeletedRow.session_id == session_id).values(is_removed=True)
        await self._session.execute(done)

    async def buried(self, files: Mapping[str, Sighting]) -> set[str]:
        """Names of those files that are the very versions somebody deleted."""
        found: set[str] = set()
        ordered = sorted(files)
        for first in range(0, len(ordered), _BATCH):
            some = ordered[first : first + _BATCH]
            columns = (DeletedRow.file_name, DeletedRow.size_bytes, DeletedRow.mtime_ns)
            query = select(*columns).where(DeletedRow.file_name.in_(some))
            for name, size_bytes, mtime_ns in await self._session.execute(query):
                if name is not None and files[name] == Sighting(size_bytes or 0, mtime_ns or 0):
                    found.add(name)
        return found

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
