"""The way into the ring: channels, and the open chunks they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from pilothouse.mcap.writing.keeping import Place

# A topic with a budget of its own gives up an eighth of it at a time, in chunks that are not too small to compress.
CHUNKS_PER_BUDGET = 8
SMALLEST_CHUNK_BYTES = 16 << 10
# Chunks wait to be sealed beside the window: in a small window they must be small too.
CHUNKS_PER_WINDOW = 256
# At 1 MiB a chunk, eight times what a camera brings while one is sealed, and no more than that in memory twice. Chunks
# of large messages are larger than others: they may wait in as many bytes as eight full ones have, one in any case.
QUEUE_CHUNKS = 8


def chunk_bytes_of(most_bytes: int, window_bytes: int) -> int:
    """How large chunks become in a window of so many bytes."""
    return min(most_bytes, max(SMALLEST_CHUNK_BYTES, window_bytes // CHUNKS_PER_WINDOW))


@dataclass(slots=True)
class Lane:
    """The open chunk of a place; it is full at ``full_bytes``."""

    place: Place
    full_bytes: int
    buffer: bytearray = field(default_factory=bytearray)
    spoken: list[Track] = field(default_factory=list)  # channels with messages in the open chunk
    emptied_ns: int = 0  # monotonic

    @classmethod
    def at(cls, place: Place, chunk_bytes: int, now_ns: int) -> Self:
        """An empty one."""
        own_bytes = place.keep.max_bytes
        if own_bytes is not None:
            chunk_bytes = min(chunk_bytes, max(SMALLEST_CHUNK_BYTES, own_bytes // CHUNKS_PER_BUDGET))
        return cls(place, chunk_bytes, emptied_ns=now_ns)


@dataclass(slots=True)
class Track:
    """A channel on its way into the ring."""

    channel_id: int
    topic: str
    lane: Lane
    heeded_above: int  # a larger message moves its channel, or needs room to be made first
    may_move: bool
    entries: bytearray = field(default_factory=bytearray)
    sequence: int = 0
    restarted: int = 0  # messages before the sequence last began again
    bytes: int = 0
