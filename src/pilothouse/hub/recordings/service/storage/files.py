"""The directory of recordings and what is done to the files in it.

Names come from a look at the directory or from ids that are safe file names, never from a request as it is.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pilothouse.hub.recordings.domain.naming import is_recording_name
from pilothouse.hub.recordings.domain.problems import RecordingFileMissing
from pilothouse.hub.recordings.domain.watching import Sighting
from pilothouse.hub.recordings.service.storage.digests import Digests

# A summary is read in a thousand tiny pieces.
_BUFFER_BYTES = 256 << 10


class SessionFiles:
    """``DIR/sessions``: one regular file per recording. Symbolic links are never followed."""

    def __init__(self, directory: Path, digests: Digests | None = None) -> None:
        self.directory = directory
        self._digests = digests or Digests()

    def prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        return self.directory / name

    def look(self) -> dict[str, Sighting]:
        """Every file that is meant to be a recording."""
        seen: dict[str, Sighting] = {}
        with os.scandir(self.directory) as entries:
            for entry in entries:
                if is_recording_name(entry.name):
                    with suppress(FileNotFoundError):
                        status = entry.stat(follow_symlinks=False)
                        if stat.S_ISREG(status.st_mode):
                            seen[entry.name] = _sighting(status)
        return seen

    def sighting(self, name: str) -> Sighting | None:
        """The file as it is now; None when there is no regular file of that name."""
        try:
            status = os.lstat(self.path(name))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _sighting(status) if stat.S_ISREG(status.st_mode) else None

    def sha256(self, name: str) -> str:
        """Of the whole content; raises RecordingFileMissing."""
        try:
            with self.open(name) as file:
                return self._digests.of(file)
        except FileNotFoundError:
            raise RecordingFileMissing from None

    def open(self, name: str) -> BinaryIO:
        """The file to read; raises FileNotFoundError."""
        descriptor = os.open(self.path(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        return os.fdopen(descriptor, "rb", buffering=_BUFFER_BYTES)

    def remove(self, name: str, expected: Sighting) -> bool:
        """Delete the file if it is the one that was meant; False when it is gone or another."""
        if self.sighting(name) != expected:
            return False
        try:
            self.path(name).unlink()
        except FileNotFoundError:
            return False
        return True

    def sync(self) -> None:
        """Make new and removed names survive a power cut."""
        _sync_directory(self.directory)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sighting(status: os.stat_result) -> Sighting:
    return Sighting(status.st_size, status.st_mtime_ns)
