"""Rows of uploads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import insert_into
from pilothouse.hub.recordings.models import UploadRow


class UploadRows:
    """Queries on uploads within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, upload_id: str) -> UploadRow | None:
        return await self._session.scalar(select(UploadRow).where(UploadRow.id == upload_id))

    async def of_recording(self, session_id: str, *, lock: bool = False) -> UploadRow | None:
        query = select(UploadRow).where(UploadRow.session_id == session_id)
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def add_new(self, **values: Any) -> bool:
        """Insert unless an upload of that recording exists."""
        statement = insert_into(self._session, UploadRow).on_conflict_do_nothing().returning(UploadRow.id)
        return (await self._session.scalar(statement, [values])) is not None

    async def change(self, upload_id: str, **values: Any) -> bool:
        """Set columns; False when the upload is gone."""
        statement = update(UploadRow).where(UploadRow.id == upload_id).values(**values).returning(UploadRow.id)
        return (await self._session.scalar(statement)) is not None

    async def delete(self, upload_id: str) -> None:
        await self._session.execute(delete(UploadRow).where(UploadRow.id == upload_id))

    async def expired(self, now: datetime) -> Sequence[str]:
        return (await self._session.scalars(select(UploadRow.id).where(UploadRow.expires_at < now))).all()

    async def delete_expired(self, upload_id: str, now: datetime) -> None:
        """Delete if it is still expired: a client may have come back since."""
        await self._session.execute(delete(UploadRow).where(UploadRow.id == upload_id, UploadRow.expires_at < now))

    async def under_way(self) -> set[str]:
        """Every upload that is not completed."""
        return set((await self._session.scalars(select(UploadRow.id).where(UploadRow.completed_at.is_(None)))).all())
