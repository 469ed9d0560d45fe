"""Recordings in a bucket: every hub that shares it serves all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import BinaryIO
from zlib import crc32

from pilothouse.hub.recordings.domain.naming import is_recording_name
from pilothouse.hub.recordings.domain.problems import (
    ContentChecksumMismatch,
    ContentDiffers,
    DirectUploadMissing,
    RecordingFileMissing,
)
from pilothouse.hub.recordings.domain.watching import Look, Sighting
from pilothouse.hub.recordings.service.storage.digests import Digests
from pilothouse.hub.recordings.service.storage.partial import Partial
from pilothouse.hub.recordings.service.storage.store import DirectUpload
from pilothouse.hub.storage import Missing, Stat, Storage
from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.web.ranges import ByteSource, OpenSource

SESSIONS = "sessions"
DIRECT = "uploads"
# A viewer fetches its first bytes at once; a robot on a thin line puts a gigabyte for an hour.
ADDRESS_LIFETIME = timedelta(minutes=15)
DIRECT_LIFETIME = timedelta(hours=6)
# Robots that complete gigabytes all at once must not take every thread of the hub.
DIGESTS_AT_ONCE = 2


class BucketSessions:
    """``sessions/NAME.mcap`` in a bucket; what robots put themselves waits under ``uploads/`` until it is checked."""

    look_every_s = 30.0
    is_atomic = True
    is_local = False
    takes_direct = True

    def __init__(self, storage: Storage, digests: Digests, clock: Clock) -> None:
        self._storage = storage
        self._digests = digests
        self._clock = clock
        self._digesting = asyncio.Semaphore(DIGESTS_AT_ONCE)

    async def look(self) -> Look:
        return {
            name: _sighting(stat)
            async for stat in self._storage.list(SESSIONS)
            if is_recording_name(name := stat.key.removeprefix(f"{SESSIONS}/"))
        }

    async def sighting(self, name: str) -> Sighting | None:
        try:
            return _sighting(await self._storage.stat(_key(name)))
        except Missing:
            return None

    async def sha256(self, name: str) -> str:
        try:
            return await self._digest(_key(name))
        except Missing:
            raise RecordingFileMissing from None

    async def remove(self, files: Sequence[tuple[str, Sighting]]) -> list[bool]:
        return [await self.sighting(name) == seen and await self._storage.delete(_key(name)) for name, seen in files]

    async def receive(self, partial: Partial, sha256: str, name: str) -> None:
        if not await self._has_already(name, sha256):
            await self._storage.copy_file(_key(name), partial.path)
        partial.discard()

    def open(self, name: str) -> BinaryIO:
        try:
            return self._storage.open(_key(name))
        except Missing as problem:
            raise FileNotFoundError(problem.sentence) from None

    def source(self, name: str) -> OpenSource:
        async def opened() -> ByteSource:
            return _Object(self._storage, await self._storage.stat(_key(name)))

        return opened

    async def address(self, name: str, download_as: str) -> str | None:
        return await self._storage.sign("GET", _key(name), ADDRESS_LIFETIME)

    async def direct(self, upload_id: str) -> DirectUpload | None:
        url = await self._storage.sign("PUT", _waiting(upload_id), DIRECT_LIFETIME)
        return DirectUpload(url, at(self._clock.now_ns()) + DIRECT_LIFETIME) if url else None

    async def accept_direct(self, upload_id: str, length: int, sha256: str, name: str) -> None:
        key = _waiting(upload_id)
        if not await self._has_already(name, sha256):
            await self._take_over(key, length, sha256, name)
        await self._storage.delete(key)

    async def _take_over(self, key: str, length: int, sha256: str, name: str) -> None:
        try:
            seen = await self._storage.stat(key)
            fits = seen.size_bytes == length and await self._digest(key) == sha256
            if fits:
                await self._storage.copy(key, _key(name))
        except Missing:
            # The same upload may have been completed meanwhile, here or at another hub.
            if await self._has_already(name, sha256):
                return
            raise DirectUploadMissing from None
        if fits and not await self._is_still(seen):
            await self._storage.delete(_key(name))
            fits = False
        if not fits:
            await self._storage.delete(key)
            raise ContentChecksumMismatch

    async def _is_still(self, seen: Stat) -> bool:
        """Whether what was checked is what was copied: who has the address may put other bytes there until it ends."""
        try:
            now = await self._storage.stat(seen.key)
        except Missing:
            return True  # who completed it at the same time has checked it too
        return (now.size_bytes, now.etag) == (seen.size_bytes, seen.etag)

    async def forget_direct(self, keep: Callable[[], Awaitable[frozenset[str]]]) -> int:
        there = [stat.key async for stat in self._storage.list(DIRECT)]
        if not there:
            return 0
        # Asked after the look: an upload is known before anything can be put there for it.
        kept = await keep()
        return sum([await self._storage.delete(key) for key in there if _upload_id(key) not in kept])

    async def _has_already(self, name: str, sha256: str) -> bool:
        if await self.sighting(name) is None:
            return False
        if await self.sha256(name) != sha256:
            raise ContentDiffers
        return True

    async def _digest(self, key: str) -> str:
        def read() -> str:
            with self._storage.open(key) as file:
                return self._digests.of(file)

        async with self._digesting:
            return await asyncio.to_thread(read)


class _Object:
    """What answers to requests read from: each piece is a request of its own, and nothing is at hand."""

    def __init__(self, storage: Storage, stat: Stat) -> None:
        self._storage = storage
        self._key = stat.key
        self.size = stat.size_bytes
        self._tag = stat.etag
        self.etag = f'"{stat.etag}"' if stat.etag else f'"{stat.size_bytes:x}-{stat.last_modified.timestamp():.0f}"'
        self.modified_s: float | None = stat.last_modified.timestamp()

    def read_now(self, offset: int, length: int) -> bytes | None:
        return None

    async def read(self, offset: int, length: int) -> bytes:
        return await self._storage.read_at(self._key, offset, min(length, self.size - offset), etag=self._tag)

    def close(self) -> None:
        pass


def _key(name: str) -> str:
    return f"{SESSIONS}/{name}"


def _waiting(upload_id: str) -> str:
    return f"{DIRECT}/{upload_id}"


def _upload_id(key: str) -> str:
    return key.removeprefix(f"{DIRECT}/")


def _sighting(stat: Stat) -> Sighting:
    # Lists and single looks tell the time with different precision, depending on who speaks S3: seconds are common.
    # What was replaced within a second by as many other bytes has another tag.
    second = int(stat.last_modified.timestamp()) * NS_PER_S
    return Sighting(stat.size_bytes, second + crc32(stat.etag.encode()) % NS_PER_S)
