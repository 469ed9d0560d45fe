"""Sealed chunks on their way to the disk."""

from __future__ import annotations

from dataclasses import dataclass, field

from pilothouse.mcap.model import Group
from pilothouse.mcap.writing.chunks import SealedChunk


@dataclass(slots=True)
class Waiting:
    """Oldest first."""

    chunks: dict[int, tuple[SealedChunk, Group]] = field(default_factory=dict)
    bytes: int = 0

    def add(self, chunk: SealedChunk, group: Group) -> None:
        self.chunks[chunk.number] = chunk, group
        self.bytes += chunk.size_bytes

    def pop(self) -> tuple[SealedChunk, Group] | None:
        return self.take(next(iter(self.chunks), -1))

    def take(self, number: int, *, but: Group | None = None) -> tuple[SealedChunk, Group] | None:
        """This chunk, when it waits and is not of that group."""
        found = self.chunks.get(number)
        if found is None or found[1] == but:
            return None
        del self.chunks[number]
        self.bytes -= found[0].size_bytes
        return found
