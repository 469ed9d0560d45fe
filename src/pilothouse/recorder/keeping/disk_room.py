"""How much of a disk recordings may take."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Space:
    """What a program without privileges can have of a disk."""

    total_bytes: int
    free_bytes: int


def space_of(directory: Path) -> Space:
    """The disk a directory is on."""
    found = os.statvfs(directory)
    return Space(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """A disk, and the part of it that stays free."""

    directory: Path
    min_free_bytes: int = 0
    min_free_percent: float = 0.0
    measure: Callable[[Path], Space] = space_of

    def space(self) -> Space:
        return self.measure(self.directory)

    def floor(self, space: Space) -> int:
        """The bytes that stay free."""
        return max(self.min_free_bytes, round(space.total_bytes * self.min_free_percent / 100))

    def lacking(self, size: int, space: Space) -> int:
        """How much must go before a file of this size may come; 0 when it may come as it is."""
        return max(0, size + self.floor(space) - space.free_bytes)
