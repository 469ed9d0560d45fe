"""Deliveries: resumable, on disk before they are acknowledged, applied once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.recordings.domain.naming import SUFFIX, robot_in
from pilothouse.hub.recordings.domain.problems import (
    BadUpload,
    ContentChecksumMismatch,
    ContentDiffers,
    DirectUploadMissing,
    RecordingFileMissing,
    SenderGone,
    UnknownUpload,
    UploadLocked,
)
from pilothouse.hub.recordings.domain.tus import Announced, Chunk
from pilothouse.hub.recordings.models import UploadRow
from pilothouse.hub.recordings.repository import RecordingRows, UploadRows
from pilothouse.hub.recordings.service.ingest.arrivals import Arrivals
from pilothouse.hub.recordings.service.ingest.owners import check_owner
from pilothouse.hub.recordings.service.storage.landing import Landing, in_thread, no_room
from pilothouse.hub.recordings.service.storage.partial import Partial, Partials
from pilothouse.hub.recordings.service.storage.store import DirectUpload, SessionStore
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id
from pilothouse.wire import RecordingState, UploadMetadata

# A robot may be out of reach for days; then its partial file leaves the disk.
KEPT_FOR = timedelta(days=7)
# What S3 takes in one request, and copies in one.
MOST_DIRECT_BYTES = 5_000_000_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is."""

    upload_id: str
    metadata: UploadMetadata
    length: int
    received: int
    expires_at: datetime

    @property
    def completed(self) -> bool:
        """Whether the recording is in its place and in the index."""
        return self.received == self.length


class Uploads:
    """Deliveries under way. ``only_robot`` is the robot whose own credential the caller holds, None for others."""

    def __init__(
        self, database: Database, files: SessionStore, partials: Partials, arrivals: Arrivals, clock: Clock
    ) -> None:
        self._database = database
        self._files = files
        self._partials = partials
        self._arrivals = arrivals
        self._clock = clock

    async def create(self, announced: Announced, *, only_robot: str | None) -> tuple[Progress, bool]:
        """Begin an upload, or find the one that brings or brought this very content; True when it is new."""
        metadata = announced.metadata
        check_owner(metadata.session_id, only_robot, metadata.robot_id)
        stored = await self._stored(metadata.session_id)
        if stored is not None and stored != metadata.sha256:
            raise ContentDiffers
        async with self._database.transaction() as session:
            row, is_new = await self._row_for(session, announced, only_robot, is_stored=stored is not None)
        if stored is not None and row.completed_at is None:
            row = await self._accept(row)
        elif row.length == 0 and row.completed_at is None:
            row = await self._receive_nothing(row)
        return self._progress(row), is_new

    async def progress(self, upload_id: str, *, only_robot: str | None) -> Progress:
        """Where to continue. An upload that was interrupted in its very last step is completed here."""
        return self._progress(await self._settled(upload_id, only_robot))

    async def receive(
        self, upload_id: str, chunk: Chunk, body: AsyncIterator[bytes], *, only_robot: str | None
    ) -> Progress:
        """Append the bytes of one request. What this answers survives a power cut; a whole file is in its place."""
        await self._visible(upload_id, only_robot)
        with no_room(), self._partials.open(upload_id) as partial:
            row = await self._settled_or_discard(upload_id, only_robot, partial)
            return self._progress(await self._append(row, partial, chunk, body))

    async def offer_direct(self, announced: Announced, *, only_robot: str | None) -> tuple[str, DirectUpload] | None:
        """Where the file may be put without passing through here, and under which id; None when it is to come here."""
        if not self._files.takes_direct or announced.length > MOST_DIRECT_BYTES:
            return None
        progress, _ = await self.create(announced, only_robot=only_robot)
        address = None if progress.completed else await self._files.direct(progress.upload_id)
        return None if address is None else (progress.upload_id, address)

    async def accept_direct(self, upload_id: str, *, only_robot: str | None) -> Progress:
        """The file was put where it was offered to; raises DirectUploadMissing, ContentChecksumMismatch."""
        row = await self._settled(upload_id, only_robot)
        if row.completed_at is None:
            if not self._files.takes_direct:
                raise DirectUploadMissing
            await self._files.accept_direct(row.id, row.length, row.sha256, _file_name(row.session_id))
            row = await self._accept(row)
        return self._progress(row)

    async def terminate(self, upload_id: str, *, only_robot: str | None) -> None:
        """Forget an upload and what arrived of it; a completed one leaves its recording alone."""
        await self._visible(upload_id, only_robot)
        with self._partials.open(upload_id) as partial:
            async with self._database.transaction() as session:
                await UploadRows(session).delete(upload_id)
            partial.discard()

    async def tidy(self) -> int:
        """Drop what has expired and files that belong to no upload under way; answers how many."""
        files = await asyncio.to_thread(self._partials.upload_ids)
        async with self._database.reading() as session:
            expired = set(await UploadRows(session).expired(self._now()))
            under_way = await UploadRows(session).under_way()
        dropped = sum([await self._drop(one) for one in sorted(expired | (set(files) - under_way))])
        return dropped + await self._files.forget_direct(self._kept)

    async def _kept(self) -> frozenset[str]:
        async with self._database.reading() as session:
            rows = UploadRows(session)
            return frozenset(await rows.under_way() - set(await rows.expired(self._now())))

    async def _drop(self, upload_id: str) -> bool:
        try:
            partial = self._partials.open(upload_id)
        except UploadLocked:
            return False
        with partial:
            async with self._database.transaction() as session:
                rows = UploadRows(session)
                await rows.delete_expired(upload_id, self._now())
                row = await rows.get(upload_id)
            if row is None or row.completed_at is not None:
                partial.discard()
        return row is None

    async def _append(self, row: UploadRow, partial: Partial, chunk: Chunk, body: AsyncIterator[bytes]) -> UploadRow:
        stands_at = row.length if row.completed_at else min(row.received, partial.size)
        receiving = chunk.receive(stands_at=stands_at, length=row.length)
        landing = Landing(partial, stands_at)
        try:
            async for piece in body:
                receiving.take(piece)
                await landing.put(piece)
                if landing.wants_checkpoint and not receiving.has_checksum:
                    await self._advance(row, await landing.settle())
        except SenderGone:
            # Without a checksum every byte that came is as good as the others: the robot need not send it again.
            if not receiving.has_checksum:
                await self._advance(row, await landing.settle())
            raise
        receiving.check()
        arrived = await landing.settle()
        if row.completed_at is not None:
            return row
        if arrived == row.length:
            return await self._complete(row, partial)
        return await self._advance(row, arrived)

    async def _advance(self, row: UploadRow, received: int) -> UploadRow:
        return await self._change(row, received=received, expires_at=self._now() + KEPT_FOR)

    async def _complete(self, row: UploadRow, partial: Partial) -> UploadRow:
        await in_thread(lambda: partial.truncate(row.length))
        if await in_thread(partial.sha256) != row.sha256:
            await self._change(row, received=0)
            await in_thread(lambda: partial.truncate(0))
            raise ContentChecksumMismatch
        name = _file_name(row.session_id)
        await self._files.receive(partial, row.sha256, name)
        return await self._accept(row)

    async def _receive_nothing(self, row: UploadRow) -> UploadRow:
        with no_room(), self._partials.open(row.id) as partial:
            return await self._complete(row, partial)

    async def _accept(self, row: UploadRow) -> UploadRow:
        """The file is in its place: the recording, its job and the end of the upload become true together."""
        name = _file_name(row.session_id)
        seen = await self._files.sighting(name)
        async with self._database.transaction() as session:
            if seen is not None:
                await self._arrivals.delivered(session, row, name, seen)
            done = {"received": row.length, "completed_at": self._now(), "expires_at": self._now() + KEPT_FOR}
            await UploadRows(session).change(row.id, **done)
            changed = await UploadRows(session).get(row.id)
        if changed is None:
            raise UnknownUpload
        return changed

    async def _settled_or_discard(self, upload_id: str, only_robot: str | None, partial: Partial) -> UploadRow:
        try:
            row = await self._settled(upload_id, only_robot)
        except UnknownUpload:
            partial.discard()
            raise
        if row.completed_at is not None:
            partial.discard()
        return row

    async def _settled(self, upload_id: str, only_robot: str | None) -> UploadRow:
        """The upload as it is, after the end of a step that a crash may have cut in two."""
        row = await self._visible(upload_id, only_robot)
        if row.completed_at is not None or await self._files.sighting(_file_name(row.session_id)) is None:
            return row
        stored = await self._stored(row.session_id)
        return await self._accept(row) if stored == row.sha256 else row

    async def _stored(self, session_id: str) -> str | None:
        """The digest of the recording that is in its place, None when there is none."""
        async with self._database.reading() as session:
            known = await RecordingRows(session).get(session_id)
        name = _file_name(session_id) if known is None else known.file_name
        seen = await self._files.sighting(name)
        if seen is None:
            return None
        is_here = known is not None and known.state != RecordingState.ANNOUNCED
        if known is not None and is_here and known.sha256 and seen == (known.size_bytes, known.mtime_ns):
            return known.sha256
        try:
            return await self._files.sha256(name)
        except RecordingFileMissing:
            return None

    async def _row_for(
        self, session: AsyncSession, announced: Announced, only_robot: str | None, *, is_stored: bool
    ) -> tuple[UploadRow, bool]:
        rows = UploadRows(session)
        metadata, now = announced.metadata, self._now()
        added = await rows.add_new(
            id=new_id("upl"),
            session_id=metadata.session_id,
            sha256=metadata.sha256,
            robot_id=metadata.robot_id,
            delivered_by=only_robot,
            length=announced.length,
            received=0,
            created_at=now,
            expires_at=now + KEPT_FOR,
            completed_at=None,
        )
        row = await rows.of_recording(metadata.session_id, lock=True)
        assert row is not None
        if not added:
            self._go_on_with(row, announced, is_stored=is_stored)
        return row, added

    def _go_on_with(self, row: UploadRow, announced: Announced, *, is_stored: bool) -> None:
        """Reuse the one upload of a recording: as it is for the same content, from the start when it is over."""
        now = self._now()
        is_over = is_stored or row.completed_at is not None or row.expires_at < now
        if row.sha256 != announced.metadata.sha256:
            if not is_over:
                raise ContentDiffers
            row.sha256, row.length, row.received, row.completed_at = (
                announced.metadata.sha256,
                announced.length,
                0,
                None,
            )
        elif row.length != announced.length:
            raise BadUpload(problem=f"the upload of this content was begun with a length of {row.length} bytes")
        elif row.completed_at is not None and not is_stored:
            row.received, row.completed_at = 0, None
        row.expires_at = now + KEPT_FOR

    async def _visible(self, upload_id: str, only_robot: str | None) -> UploadRow:
        async with self._database.reading() as session:
            row = await UploadRows(session).get(upload_id)
        if row is None or only_robot not in (None, robot_in(row.session_id)):
            raise UnknownUpload
        return row

    async def _change(self, row: UploadRow, **values: object) -> UploadRow:
        async with self._database.transaction() as session:
            if not await UploadRows(session).change(row.id, **values):
                raise UnknownUpload
            changed = await UploadRows(session).get(row.id)
        assert changed is not None
        return changed

    def _progress(self, row: UploadRow) -> Progress:
        stands_at = row.length if row.completed_at else min(row.received, self._partials.size(row.id))
        metadata = UploadMetadata(session_id=row.session_id, sha256=row.sha256, robot_id=row.robot_id)
        return Progress(row.id, metadata, row.length, stands_at, row.expires_at)

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _file_name(session_id: str) -> str:
    return session_id + SUFFIX
