"""A window of the ring, fixed at the moment it was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mcap.opcode import Opcode

from pilothouse.mcap.chunks import OpenChunk, SealedChunk, cut, seal
from pilothouse.mcap.model import Binary, Compression
from pilothouse.mcap.records import MESSAGE_FIELDS, MESSAGE_OVERHEAD, Registry, walk_records


@dataclass(frozen=True, slots=True)
class Held:
    """The last message of a latched channel, kept when its chunk has left the ring."""

    log_time_ns: int
    publish_time_ns: int
    sequence: int
    content: bytes = field(repr=False)


def last_before(raw: Binary, before_ns: int, wanted: Iterable[int]) -> dict[int, Held]:
    """The newest message before a time of each wanted channel in a chunk's records."""
    found: dict[int, Held] = {}
    channels = set(wanted)
    for opcode, begin, end in walk_records(raw):
        if opcode != Opcode.MESSAGE:
            continue
        channel_id, sequence, log_time_ns, publish_time_ns = MESSAGE_FIELDS.unpack_from(raw, begin)
        if channel_id not in channels or log_time_ns >= before_ns:
            continue
        if channel_id not in found or log_time_ns >= found[channel_id].log_time_ns:
            content = bytes(raw[begin + MESSAGE_OVERHEAD : end])
            found[channel_id] = Held(log_time_ns, publish_time_ns, sequence, content)
    return found


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Exactly the messages with ``start_ns <= log_time <= end_ns``, and what latched channels said last before it.

    Chunks are references into the ring: a snapshot costs no copy and stays valid whatever the ring does later.
    """

    start_ns: int
    end_ns: int
    registry: Registry
    chunks: tuple[SealedChunk, ...]
    held: Mapping[int, Held] = field(default_factory=dict)
    earlier: tuple[SealedChunk, ...] = ()  # chunks of latched channels from before the window
    compression: Compression = "zstd"

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

    def whole(self, chunk: SealedChunk) -> bool:
        """True when every message of a chunk lies within the window."""
        return self.start_ns <= chunk.oldest_ns and chunk.newest_ns <= self.end_ns

    def pieces(self) -> Iterator[SealedChunk]:
        """The chunks to write: latched messages first, then the window, re-cut only where a chunk crosses an edge."""
        latched = self._latched_chunk()
        if latched.buffer:
            yield seal(latched, self.compression)
        for chunk in self.chunks:
            if self.whole(chunk):
                yield chunk
                continue
            inside = cut(chunk, self.start_ns, self.end_ns)
            if inside.buffer:
                yield seal(inside, self.compression)

    def latched(self) -> dict[int, Held]:
        """For each latched channel its last message before the window."""
        found = dict(self.held)
        for chunk in self.earlier:
            for channel_id, one in last_before(chunk.raw(), self.start_ns, chunk.counts).items():
                if channel_id not in found or one.log_time_ns >= found[channel_id].log_time_ns:
                    found[channel_id] = one
        return {key: one for key, one in found.items() if one.log_time_ns < self.start_ns}

    def _latched_chunk(self) -> OpenChunk:
        chunk = OpenChunk(0)
        latched = self.latched()
        if not latched:
            return chunk
        # Their log time becomes the first of the window, or one of an hour ago would stretch the recording to an hour;
        # the publish time stays what it was.
        span = self.span_ns
        log_time_ns = span[0] if span else self.start_ns
        for channel_id, one in sorted(latched.items()):
            chunk.add(channel_id, one.sequence, log_time_ns, one.publish_time_ns, one.content)
        return chunk

    def _times(self, chunk: SealedChunk) -> list[int]:
        """The log times within the window of a chunk that crosses its edge."""
        every = (time for _, entries in chunk.entries() for time in entries[::2])
        return [time for time in every if self.start_ns <= time <= self.end_ns]
