"""What sessions leave: kept for a while, counted, answered."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.db import Database
from pilothouse.hub.lab.domain.problems import ArtifactQuotaReached, UnknownArtifact
from pilothouse.hub.lab.domain.reports import MAX_REPORT_BYTES, ReportUnusable, added, read_report, with_problems
from pilothouse.hub.lab.models import ArtifactRow
from pilothouse.hub.lab.repository import ArtifactRows, SessionRows
from pilothouse.hub.lab.service.patience import patiently
from pilothouse.hub.lab.service.views import artifact_of
from pilothouse.hub.settings import HubSettings
from pilothouse.hub.storage import Storage
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id
from pilothouse.web.ranges import ByteSource, OpenSource, local_file
from pilothouse.wire.lab import LabArtifact, LabArtifactList, LabCoverage, LabSummary, LabTests

MIB = 1 << 20
# What is written to a disk together becomes durable together, at the price of one.
STORED_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is to be kept, copied to where nobody changes it."""

    path: str
    copy: Path
    size_bytes: int
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class _Storing:
    """A file on its way: what it says if it is a report, or what is wrong with that, and its row."""

    found: Found
    report: LabTests | LabCoverage | None
    problem: str | None
    row: dict[str, Any]

    @property
    def says(self) -> bool:
        return self.report is not None or self.problem is not None


class _Stored:
    """An artifact in a bucket."""

    def __init__(self, storage: Storage, row: ArtifactRow) -> None:
        self._storage = storage
        self._key = row.key
        self.size = row.size_bytes
        self.etag = f'"{row.sha256}"'
        self.modified_s: float | None = row.created_at.timestamp()

    def read_now(self, offset: int, length: int) -> bytes | None:
        return None

    async def read(self, offset: int, length: int) -> bytes:
        return await self._storage.read_at(self._key, offset, min(length, self.size - offset))

    def close(self) -> None:
        pass


class Artifacts:
    """The artifacts of all sessions."""

    def __init__(self, database: Database, storage: Storage, settings: HubSettings, clock: Clock) -> None:
        self._database = database
        self._storage = storage
        self._settings = settings
        self._clock = clock

    @property
    def quota_bytes(self) -> int:
        return self._settings.lab_artifact_mb * MIB

    async def used_bytes(self, session_id: str) -> int:
        async with self._database.reading() as session:
            return await ArtifactRows(session).used_bytes(session_id)

    async def keep(self, session_id: str, command_id: str | None, found: Sequence[Found]) -> list[LabArtifact]:
        """Store files, then their rows, and what they say if they are reports; those beyond the quota are left out."""
        said = await asyncio.to_thread(lambda: [_report(one) for one in found])
        now = at(self._clock.now_ns())
        stored = [
            _Storing(one, report, problem, {
                "id": (artifact_id := new_id("art")), "session_id": session_id, "command_id": command_id,
                "path": one.path, "size_bytes": one.size_bytes, "sha256": one.sha256, "content_type": one.content_type,
                "key": f"lab/artifacts/{session_id}/{artifact_id}", "created_at": now,
                "expires_at": now + timedelta(days=self._settings.lab_artifact_days),
            })
            for one, (report, problem) in zip(found, said, strict=True)
        ]  # fmt: skip
        try:
            await self._store(stored)
            kept = await patiently(lambda: self._write_down(session_id, stored))
        except BaseException:
            await self._forget(stored, await self._with_rows(stored))
            raise
        await self._forget(stored, {one.id for one in kept})
        return kept

    async def _with_rows(self, stored: Sequence[_Storing]) -> set[str]:
        """Which of them have rows: who is interrupted while they are written does not know."""
        async with self._database.reading() as session:
            return {one.id for one in await ArtifactRows(session).those([one.row["id"] for one in stored])}

    async def _forget(self, stored: Sequence[_Storing], kept: set[str]) -> None:
        for one in stored:
            if one.row["id"] not in kept:
                await self._storage.delete(one.row["key"])

    async def _store(self, stored: Sequence[_Storing]) -> None:
        for first in range(0, len(stored), STORED_AT_ONCE):
            some = stored[first : first + STORED_AT_ONCE]
            puts = (self._storage.put_file(one.row["key"], one.found.copy) for one in some)
            # All of them are over before one is a failure: what is put after it was deleted would stay.
            for outcome in await asyncio.gather(*puts, return_exceptions=True):
                if outcome is not None:
                    raise outcome

    async def _write_down(self, session_id: str, stored: Sequence[_Storing]) -> list[LabArtifact]:
        async with self._database.transaction() as session:
            # Whoever keeps artifacts of one session does so one after the other.
            owner = await SessionRows(session).get(session_id, lock=True)
            rows = ArtifactRows(session)
            if written := await rows.those([one.row["id"] for one in stored]):
                return [artifact_of(one) for one in written]
            room = self.quota_bytes - await rows.used_bytes(session_id)
            fitting: list[_Storing] = []
            for one in stored:
                if one.found.size_bytes <= room:
                    room -= one.found.size_bytes
                    fitting.append(one)
            # What one command wrote is still there when the next has ended: each report counts once.
            telling = [one.found.sha256 for one in fitting if one.says]
            before = await rows.are_kept(session_id, telling) if telling else set()
            added_rows = await rows.add([one.row for one in fitting])
            for one in fitting:
                if owner is not None and one.says and (one.found.path, one.found.sha256) not in before:
                    owner.summary = _with(owner.summary, one.report, [] if one.problem is None else [one.problem])
                facts = {"path": one.found.path, "sha256": one.found.sha256}
                record(session, "lab.artifact.kept", one.row["id"], after=facts)
            return [artifact_of(row) for row in added_rows]

    async def note(self, session_id: str, problems: Sequence[str]) -> None:
        """Say in the session's summary what could not be kept."""
        if not problems:
            return
        async with self._database.transaction() as session:
            row = await SessionRows(session).get(session_id, lock=True)
            if row is not None:
                row.summary = _with(row.summary, None, problems)

    async def take_in(self, session_id: str, path: str, content: AsyncIterator[bytes]) -> LabArtifact:
        """Keep what somebody sends."""
        room = self.quota_bytes - await self.used_bytes(session_id)
        digest, size_bytes = hashlib.sha256(), 0
        directory = self._settings.data / "lab" / "uploads"
        directory.mkdir(parents=True, exist_ok=True)
        copy = directory / new_id("art")
        try:
            with copy.open("wb") as sink:
                async for part in content:
                    size_bytes += len(part)
                    if size_bytes > room:
                        raise ArtifactQuotaReached(limit_mb=self._settings.lab_artifact_mb)
                    digest.update(part)
                    await asyncio.to_thread(sink.write, part)
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            kept = await self.keep(session_id, None, [Found(path, copy, size_bytes, digest.hexdigest(), kind)])
            if not kept:
                raise ArtifactQuotaReached(limit_mb=self._settings.lab_artifact_mb)
            return kept[0]
        finally:
            copy.unlink(missing_ok=True)

    def source(self, row: ArtifactRow) -> OpenSource:
        """The bytes, wherever they are."""
        path = self._storage.local_path(row.key)
        if path is not None:
            return local_file(path)

        async def opened() -> ByteSource:
            return _Stored(self._storage, row)

        return opened

    async def page(self, session: AsyncSession, session_id: str, limit: int, offset: int) -> LabArtifactList:
        rows, total = await ArtifactRows(session).page(session_id, limit, offset)
        return LabArtifactList(items=[artifact_of(one) for one in rows], total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, session_id: str, artifact_id: str) -> ArtifactRow:
        """Raises UnknownArtifact."""
        row = await ArtifactRows(session).get(session_id, artifact_id)
        if row is None:
            raise UnknownArtifact
        return row

    async def expire(self) -> int:
        """Delete what was kept for its time; how many there were."""
        now = at(self._clock.now_ns())
        async with self._database.reading() as session:
            old: Sequence[ArtifactRow] = await ArtifactRows(session).expired(now)
        for row in old:
            await self._storage.delete(row.key)
        if old:
            async with self._database.transaction() as session:
                await ArtifactRows(session).remove([row.id for row in old])
        return len(old)


def _report(found: Found) -> tuple[LabTests | LabCoverage | None, str | None]:
    """What a file says if it is a report, or what is wrong with it."""
    if not found.path.endswith((".xml", ".json")) or found.size_bytes > MAX_REPORT_BYTES:
        return None, None
    try:
        return read_report(found.path, found.copy.read_bytes()), None
    except ReportUnusable as problem:
        return None, problem.sentence


def _with(kept: dict[str, Any], report: LabTests | LabCoverage | None, problems: Sequence[str]) -> dict[str, Any]:
    summary = with_problems(LabSummary.model_validate(kept), problems)
    return (summary if report is None else added(summary, report)).model_dump(mode="json")
