"""Keep a workspace within its size on file systems that keep no quota for it."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from pathlib import Path

from pilothouse.sandbox.model import MIB

_LOOK_EVERY_S, _LOOK_AT_MOST_EVERY_S = 0.2, 0.01
_COUNT_EVERY_S = 5.0
# No disk takes more in a second: with so little room left it is looked again before it can be gone.
_FASTEST_BYTES_PER_S = 2 << 30
# Neighbours write to the same file system: counting again and again takes at most a tenth of the time.
_SHARE_OF_COUNTING = 10
# An empty file costs the file system about as much as the smallest full one.
_LEAST_BYTES = 4096
_BLOCK_BYTES = 512


class DiskWatch:
    """Counts a workspace when the file system has lost enough space that the limit could have been reached."""

    def __init__(self, workspace: Path, disk_mb: int) -> None:
        self._workspace = workspace
        self._limit = disk_mb * MIB
        self._counted = 0
        self._free = 0
        self._files = 0
        self._counting_s = 0.0

    async def until_full(self) -> None:
        """Returns when the workspace holds more than it may."""
        counted_at = -_COUNT_EVERY_S
        while True:
            since_s = time.monotonic() - counted_at
            due = since_s >= min(_LOOK_EVERY_S, self._counting_s * _SHARE_OF_COUNTING)
            if since_s >= _COUNT_EVERY_S or (due and self._room() < 0):
                if await self.full():
                    return
                counted_at = time.monotonic()
            pause_s = self._room() / _FASTEST_BYTES_PER_S
            await asyncio.sleep(min(_LOOK_EVERY_S, max(_LOOK_AT_MOST_EVERY_S, pause_s)))

    async def full(self) -> bool:
        """Count now."""
        began = time.monotonic()
        found = os.statvfs(self._workspace)
        self._free, self._files = found.f_bavail * found.f_frsize, found.f_favail
        self._counted = await asyncio.to_thread(size_of, self._workspace, self._limit)
        self._counting_s = time.monotonic() - began
        return self._counted > self._limit

    def _room(self) -> int:
        """What is left at least, whoever wrote what the file system has more since it was counted."""
        found = os.statvfs(self._workspace)
        written = self._free - found.f_bavail * found.f_frsize
        made = (self._files - found.f_favail) * _LEAST_BYTES
        return self._limit - self._counted - max(written, made)


def size_of(tree: Path, enough: int) -> int:
    """Bytes on disk beneath a directory; stops counting above `enough`. Links are not followed.

    A tree nested deeper than can be walked counts as more than enough: nobody needs it, and no one could delete it.
    """
    try:
        return _size_of(tree, enough)
    except RecursionError:
        return enough + 1


def _size_of(tree: Path, enough: int) -> int:
    total = 0
    seen: set[tuple[int, int]] = set()
    for _, directories, files, descriptor in os.fwalk(tree, follow_symlinks=False, onerror=None):
        total += _LEAST_BYTES * len(directories)
        for name in files:
            try:
                found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except OSError:
                continue
            if found.st_nlink > 1 and stat.S_ISREG(found.st_mode):
                if (found.st_dev, found.st_ino) in seen:
                    continue
                seen.add((found.st_dev, found.st_ino))
            total += max(_LEAST_BYTES, found.st_blocks * _BLOCK_BYTES)
        if total > enough:
            break
    return total
