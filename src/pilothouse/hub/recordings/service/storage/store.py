"""Where the recordings are: a directory of this machine, or a bucket that several hubs share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from pilothouse.hub.recordings.domain.watching import Look, Sighting
from pilothouse.hub.recordings.service.storage.files import SessionFiles
from pilothouse.hub.recordings.service.storage.landing import in_thread
from pilothouse.hub.recordings.service.storage.partial import Partial, Partials
from pilothouse.web.ranges import OpenSource, local_file


@dataclass(frozen=True, slots=True)
class DirectUpload:
    """An address a robot may put one file to, without its bytes passing through the hub."""

    url: str
    expires_at: datetime


class SessionStore(Protocol):
    """One file per recording, under names that are safe everywhere."""

    look_every_s: float
    is_atomic: bool
    """Whether a file that is seen is complete: nobody can copy one in piece by piece."""

    is_local: bool
    """Whether other programs of this machine can read the files."""

    takes_direct: bool
    """Whether robots may put files here themselves."""

    async def look(self) -> Look:
        """Every file that is meant to be a recording."""
        ...

    async def sighting(self, name: str) -> Sighting | None:
        """The file as it is now; None when there is none."""
        ...

    async def sha256(self, name: str) -> str:
        """Of the whole content; raises RecordingFileMissing, HubEnding."""
        ...

    async def remove(self, files: Sequence[tuple[str, Sighting]]) -> list[bool]:
        """Delete each file that still is the one that was meant, durably; which of them were."""
        ...

    async def receive(self, partial: Partial, sha256: str, name: str) -> None:
        """Give an upload's content its final name, durably, never over other content; raises ContentDiffers."""
        ...

    def open(self, name: str) -> BinaryIO:
        """The content to read and seek in, by a thread; raises FileNotFoundError."""
        ...

    def source(self, name: str) -> OpenSource:
        """The content for an answer to a request."""
        ...

    async def address(self, name: str, download_as: str) -> str | None:
        """Where the bytes can be fetched for a while without the hub, if they can."""
        ...

    async def direct(self, upload_id: str) -> DirectUpload | None:
        """Where a robot may put an upload's content without the hub, if it may."""
        ...

    async def accept_direct(self, upload_id: str, length: int, sha256: str, name: str) -> None:
        """Check what was put there and give it its final name; raises DirectUploadMissing, ContentDiffers,
        ContentChecksumMismatch."""
        ...

    async def forget_direct(self, keep: Callable[[], Awaitable[frozenset[str]]]) -> int:
        """Delete what was put there for uploads that are not to be kept, which is asked after the look; answers how
        many."""
        ...


class LocalSessions:
    """``DIR/sessions`` on a disk of this machine."""

    look_every_s = 1.0
    is_atomic = False
    is_local = True
    takes_direct = False

    def __init__(self, files: SessionFiles, partials: Partials) -> None:
        self._files = files
        self._partials = partials

    async def look(self) -> Look:
        return await asyncio.to_thread(self._files.look)

    async def sighting(self, name: str) -> Sighting | None:
        return self._files.sighting(name)  # one system call is not worth a thread

    async def sha256(self, name: str) -> str:
        return await asyncio.to_thread(self._files.sha256, name)

    async def remove(self, files: Sequence[tuple[str, Sighting]]) -> list[bool]:
        removed = await asyncio.to_thread(lambda: [self._files.remove(name, seen) for name, seen in files])
        await asyncio.to_thread(self._files.sync)
        return removed

    async def receive(self, partial: Partial, sha256: str, name: str) -> None:
        await in_thread(lambda: self._partials.place(partial, sha256, self._files, name))

    def open(self, name: str) -> BinaryIO:
        return self._files.open(name)

    def source(self, name: str) -> OpenSource:
        return local_file(self._files.path(name))

    async def address(self, name: str, download_as: str) -> str | None:
        return None

    async def direct(self, upload_id: str) -> DirectUpload | None:
        return None

    async def accept_direct(self, upload_id: str, length: int, sha256: str, name: str) -> None:
        raise AssertionError("no robot was offered to put a file here")

    async def forget_direct(self, keep: Callable[[], Awaitable[frozenset[str]]]) -> int:
        return 0
