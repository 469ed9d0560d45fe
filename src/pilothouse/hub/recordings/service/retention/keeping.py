"""What people decide about keeping recordings: pins, and deletions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.db import Database
from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.jobs import Jobs
from pilothouse.hub.recordings.domain.problems import RecordingPinned, UnknownRecording
from pilothouse.hub.recordings.domain.watching import Sighting
from pilothouse.hub.recordings.models import RecordingRow
from pilothouse.hub.recordings.repository import DeletedRows, RecordingRows
from pilothouse.hub.recordings.schemas import Deleted
from pilothouse.hub.recordings.service.catalogue.recordings import Recordings
from pilothouse.hub.recordings.service.storage.store import SessionStore
from pilothouse.kit.clock import Clock, at
from pilothouse.wire import Recording, RecordingState

DELETE_JOB = "recordings.delete"


class Keeping:
    """A pinned recording is deleted by nothing and nobody; what a person deletes leaves a tombstone."""

    def __init__(
        self, database: Database, files: SessionStore, events: Events, jobs: Jobs, recordings: Recordings, clock: Clock
    ) -> None:
        self._database = database
        self._files = files
        self._events = events
        self._jobs = jobs
        self._recordings = recordings
        self._clock = clock

    async def pin(self, session: AsyncSession, session_id: str, *, reason: str, by: str) -> Recording:
        """Raises UnknownRecording. Pinned again, the reason is the newer one and the time stays."""
        row = await self._row(session, session_id)
        before = {"reason": row.pin_reason} if row.pinned_at else None
        row.pinned_at, row.pinned_by, row.pin_reason = row.pinned_at or at(self._clock.now_ns()), by, reason
        self._tell(session, "recording.pinned", row, before=before, after={"reason": reason})
        return await self._shown(session, session_id)

    async def unpin(self, session: AsyncSession, session_id: str) -> None:
        """Raises UnknownRecording; one that is not pinned stays as it is."""
        row = await self._row(session, session_id)
        if row.pinned_at is not None:
            before = {"reason": row.pin_reason, "by": row.pinned_by}
            row.pinned_at = row.pinned_by = row.pin_reason = None
            self._tell(session, "recording.unpinned", row, before=before, after=None)

    async def delete(self, session: AsyncSession, session_ids: Sequence[str], *, reason: str) -> Deleted:
        """They are gone from every list at once; a job removes the files. Pinned and unknown ones are told."""
        rows = {row.session_id: row for row in await RecordingRows(session).lock(set(session_ids))}
        pinned = sorted(one for one, row in rows.items() if row.pinned_at is not None)
        deleted = sorted(set(rows) - set(pinned))
        for session_id in deleted:
            await self._bury(session, rows[session_id], reason)
        return Deleted(deleted_ids=deleted, pinned_ids=pinned, unknown_ids=sorted(set(session_ids) - set(rows)))

    async def delete_one(self, session: AsyncSession, session_id: str, *, reason: str) -> None:
        """Raises UnknownRecording, RecordingPinned."""
        deleted = await self.delete(session, [session_id], reason=reason)
        if deleted.unknown_ids:
            raise UnknownRecording
        if deleted.pinned_ids:
            raise RecordingPinned(session_id=session_id)

    async def remove(self, session_id: str) -> None:
        """The job: the file of a deleted recording goes, if it still is the one that was meant."""
        async with self._database.reading() as session:
            row = await DeletedRows(session).get(session_id)
        if row is None or row.is_removed:
            return
        if row.file_name is not None:
            await self._files.remove([(row.file_name, Sighting(row.size_bytes or 0, row.mtime_ns or 0))])
        async with self._database.transaction() as session:
            await DeletedRows(session).removed(session_id)

    async def _bury(self, session: AsyncSession, row: RecordingRow, reason: str) -> None:
        is_here = row.state != RecordingState.ANNOUNCED
        tombstone = {
            "session_id": row.session_id,
            "robot_id": row.robot_id,
            "why": "person",
            "deleted_at": at(self._clock.now_ns()),
            "file_name": row.file_name if is_here else None,
            "size_bytes": row.size_bytes if is_here else None,
            "mtime_ns": row.mtime_ns if is_here else None,
            "is_removed": not is_here,
        }
        await RecordingRows(session).remove(row)
        await DeletedRows(session).bury(tombstone)
        before = {"robot_id": row.robot_id, "sha256": row.sha256, "size_bytes": row.size_bytes}
        self._tell(session, "recording.deleted", row, before=before, after={"why": "person", "reason": reason})
        if is_here:
            self._jobs.hint(session, DELETE_JOB, row.session_id)

    async def _row(self, session: AsyncSession, session_id: str) -> RecordingRow:
        found = await RecordingRows(session).lock([session_id])
        if not found:
            raise UnknownRecording
        return found[0]

    async def _shown(self, session: AsyncSession, session_id: str) -> Recording:
        await session.flush()
        return await self._recordings.get(session, session_id, only_robot=None)

    def _tell(
        self, session: AsyncSession, kind: str, row: RecordingRow, *,
        before: Mapping[str, object] | None, after: Mapping[str, object] | None,
    ) -> None:  # fmt: skip
        facts = {"session_id": row.session_id, "robot_id": row.robot_id, **(after or {})}
        self._events.append(session, HUB_STREAM, kind, row.session_id, facts)
        record(session, kind, row.session_id, before=before, after=after)
