"""Two looks at a directory tell a finished file from one that still grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Sighting(NamedTuple):
    """What tells one version of a file from another without reading it."""

    size_bytes: int
    mtime_ns: int


Look = Mapping[str, Sighting]
"""What one look at the directory found, by file name."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between the directory and the index."""

    added: dict[str, Sighting] = field(default_factory=dict)
    updated: dict[str, Sighting] = field(default_factory=dict)
    vanished: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.vanished)


def changes(indexed: Look, before: Look, now: Look) -> Changes:
    """Compare the index with the newest look; a file that differs from the look before is still being written."""
    differing = {name: seen for name, seen in now.items() if indexed.get(name) != seen}
    settled = {name: seen for name, seen in differing.items() if before.get(name) == seen}
    return Changes(
        added={name: seen for name, seen in settled.items() if name not in indexed},
        updated={name: seen for name, seen in settled.items() if name in indexed},
        vanished=frozenset(indexed.keys() - now.keys()),
        waiting=frozenset(differing.keys() - settled.keys()),
    )
