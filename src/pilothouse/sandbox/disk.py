"""Keep a workspace within its size on file systems that keep no quota for it."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

from pilothouse.sandbox.model import MIB

_LOOK_EVERY_S = 0.2
_COUNT_EVERY_S = 5.0
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

    async def until_full(self) -> None:
        """Returns when the workspace holds more than it may."""
        waited_s = _COUNT_EVERY_S
        while True:
            if waited_s >= _COUNT_EVERY_S or self._may_be_full():
                waited_s = 0.0
                if await self.full():
                    return
            await asyncio.sleep(_LOOK_EVERY_S)
            waited_s += _LOOK_EVERY_S

    async def full(self) -> bool:
        """Count now."""
        found = os.statvfs(self._workspace)
        self._free, self._files = found.f_bavail * found.f_frsize, found.f_favail
        self._counted = await asyncio.to_thread(size_of, self._workspace, self._limit)
        return self._counted > self._limit

    def _may_be_full(self) -> bool:
        found = os.statvfs(self._workspace)
        written = self._free - found.f_bavail * found.f_frsize
        made = (self._files - found.f_favail) * _LEAST_BYTES
        return self._counted + max(written, made) > self._limit


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
