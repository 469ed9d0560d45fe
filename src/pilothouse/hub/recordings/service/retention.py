"""Keeping recordings within the disk cap."""

from __future__ import annotations

import asyncio

from pilothouse.hub.db import Database
from pilothouse.hub.recordings.domain.retention import Kept, cap_bytes, leaving
from pilothouse.hub.recordings.repository import RecordingRows
from pilothouse.hub.recordings.schemas import Swept
from pilothouse.hub.recordings.service.arrivals import Arrivals
from pilothouse.hub.recordings.service.store import SessionStore
from pilothouse.kit.logs import get_logger

log = get_logger(__name__)


class Retention:
    """Deletes the file first and the row after it: a crash in between leaves a row whose file is gone, which the
    next look at the directory removes. The other way round the deleted file would come back as a new one."""

    def __init__(self, database: Database, files: SessionStore, arrivals: Arrivals, *, cap_mb: int) -> None:
        self._database = database
        self._files = files
        self._arrivals = arrivals
        self._cap = cap_bytes(cap_mb)
        self._one_at_a_time = asyncio.Lock()

    @property
    def is_capped(self) -> bool:
        return self._cap > 0

    async def sweep(self) -> Swept:
        """Delete what exceeds the cap, oldest first."""
        async with self._one_at_a_time:
            deleted = await self._delete() if self.is_capped else []
            async with self._database.reading() as session:
                used, _ = await RecordingRows(session).disk_use()
        freed = sum(one.size_bytes for one in deleted)
        ids = [one.session_id for one in deleted]
        return Swept(deleted_ids=ids, bytes_freed=freed, bytes_after=used, cap_bytes=self._cap)

    async def _delete(self) -> list[Kept]:
        async with self._database.reading() as session:
            used, _ = await RecordingRows(session).disk_use()
            if used <= self._cap:
                return []
            found = {kept.session_id: (kept, name, seen) for kept, name, seen in await RecordingRows(session).kept()}
        chosen = [found[one.session_id] for one in leaving((kept for kept, _, _ in found.values()), cap=self._cap)]
        if not chosen:
            return []
        were_meant = await self._files.remove([(name, seen) for _, name, seen in chosen])
        removed = [(kept, name) for (kept, name, _), was_meant in zip(chosen, were_meant, strict=True) if was_meant]
        async with self._database.transaction() as session:
            await self._arrivals.gone(session, [name for _, name in removed], why="retention")
        log.info("retention deleted recordings", count=len(removed), bytes=sum(kept.size_bytes for kept, _ in removed))
        return [kept for kept, _ in removed]
