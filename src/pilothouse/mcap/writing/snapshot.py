"""A window of the ring, fixed at the moment it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pilothouse.mcap.model import Compression
from pilothouse.mcap.records import Registry
from pilothouse.mcap.writing.chunks import OpenChunk, SealedChunk, cut, seal
from pilothouse.mcap.writing.latched import Held, Latched
from pilothouse.mcap.writing.spooled import SpooledChunk

Kept = SealedChunk | SpooledChunk


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Exactly the messages with ``start_ns <= log_time <= end_ns``, and what latched channels said last before it.

    Chunks are references into the ring or to places in its spool: a snapshot costs no copy and stays valid whatever the
    ring does later. Where they are in the spool, reading them may raise OSError.
    """

    start_ns: int
    end_ns: int
    registry: Registry
    chunks: tuple[Kept, ...]
    held: Mapping[int, tuple[Held, ...]] = field(default_factory=dict)
    earlier: tuple[Kept, ...] = ()  # chunks of latched channels from before the window
    compression: Compression = "zstd"
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Topic -> messages of the window that are not in it, because they left the ring too early."""

    @property
    def message_count(self) -> int:
        """Messages within the window, latched ones from before it not counted."""
        return sum(sum(one.counts.values()) if self.whole(one) else len(self._times(one)) for one in self.chunks)

    @property
    def span_ns(self) -> tuple[int, int] | None:
        """Log time of the first and the last message of the window; None when it is empty."""
        spans = [(one.oldest_ns, one.newest_ns) for one in self.chunks if self.whole(one)]
        crossing = [self._times(one) for one in self.chunks if not self.whole(one)]
        spans += [(min(times), max(times)) for times in crossing if times]
        return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None

    @property
    def is_empty(self) -> bool:
        """True when no message lies within the window."""
        return self.span_ns is None

    @property
    def size_bytes(self) -> int:
        """What its chunks take in a file; the recording of it takes hardly more."""
        return sum(one.size_bytes for one in (*self.chunks, *self.earlier))

    def resting(self, place: Callable[[SealedChunk], SpooledChunk | None]) -> Snapshot:
        """The same window, that keeps nothing in memory for which there is a place in the spool."""

        def placed(chunks: tuple[Kept, ...]) -> tuple[Kept, ...]:
            return tuple((place(one) if isinstance(one, SealedChunk) else None) or one for one in chunks)

        return replace(self, chunks=placed(self.chunks), earlier=placed(self.earlier))

    def whole(self, chunk: Kept) -> bool:
        """True when every message of a chunk lies within the window."""
        return self.start_ns <= chunk.oldest_ns and chunk.newest_ns <= self.end_ns

    def pieces(self) -> Iterator[SealedChunk]:
        """The chunks to write: latched messages first, then the window, re-cut only where a chunk crosses an edge."""
        latched = self._latched_chunk()
        if latched.buffer:
            yield seal(latched, self.compression)
        for chunk in self.chunks:
            if self.whole(chunk):
                yield chunk.at_hand()
                continue
            inside = cut(chunk.at_hand(), self.start_ns, self.end_ns)
            if inside.buffer:
                yield seal(inside, self.compression)

    def latched(self) -> dict[int, tuple[Held, ...]]:
        """For each latched channel what holds from before the window, oldest first."""
        found = Latched(
            {key: [one for one in said if one.log_time_ns < self.start_ns] for key, said in self.held.items()}
        )
        for chunk in self.earlier:
            found.take(chunk.at_hand().raw(), chunk.counts, before_ns=self.start_ns)
        return found.messages()

    def _latched_chunk(self) -> OpenChunk:
        chunk = OpenChunk(0)
        latched = self.latched()
        if not latched:
            return chunk
        # Their log time becomes the first of the window, or one of an hour ago would stretch the recording to an hour;
        # the publish time stays what it was.
        span = self.span_ns
        log_time_ns = span[0] if span else self.start_ns
        for channel_id, said in sorted(latched.items()):
            for one in said:
                chunk.add(channel_id, one.sequence, log_time_ns, one.publish_time_ns, one.content)
        return chunk

    def _times(self, chunk: Kept) -> list[int]:
        """The log times within the window of a chunk that crosses its edge."""
        every = (time for _, entries in chunk.at_hand().entries() for time in entries[::2])
        return [time for time in every if self.start_ns <= time <= self.end_ns]
