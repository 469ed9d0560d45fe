"""Sealed chunks: message records packed, indexed and compressed once, then only passed on."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple, Self

from mcap.opcode import Opcode

from pilothouse.mcap.codecs import compress, crc32, decompress
from pilothouse.mcap.model import Binary, Compression
from pilothouse.mcap.problems import Broken
from pilothouse.mcap.records import (
    FRAME,
    INDEX_ENTRY,
    INDEX_HEAD,
    MESSAGE,
    MESSAGE_FIELDS,
    MESSAGE_OVERHEAD,
    chunk_head,
    message_index,
    walk_records,
)
from pilothouse.mcap.writing.keeping import Place

SMALL = Place("small")
# What the Python objects of one sealed chunk weigh beside its buffers, and those for each of its channels.
OBJECTS_BYTES, CHANNEL_BYTES = 1024, 176


@dataclass(slots=True)
class OpenChunk:
    """Packed message records, and for each channel the packed entries of its message index."""

    number: int
    place: Place = SMALL
    buffer: bytearray = field(default_factory=bytearray, repr=False)
    entries: dict[int, bytearray] = field(default_factory=dict, repr=False)
    crc: int | None = None  # of the buffer, where somebody has made it already

    def add(self, channel_id: int, sequence: int, log_time_ns: int, publish_time_ns: int, content: Binary) -> None:
        """Pack one message; the ring's append does the same, unrolled."""
        index = self.entries.setdefault(channel_id, bytearray())
        index += INDEX_ENTRY.pack(log_time_ns, len(self.buffer))
        length = len(content) + MESSAGE_OVERHEAD
        self.buffer += MESSAGE.pack(Opcode.MESSAGE, length, channel_id, sequence, log_time_ns, publish_time_ns)
        self.buffer += content


@dataclass(frozen=True, slots=True, weakref_slot=True)
class SealedChunk:
    """A chunk record (``head`` and ``body``) followed by its message index records (``indexes``), ready to write."""

    number: int
    oldest_ns: int
    newest_ns: int
    typical_ns: int  # when most of its channels spoke last: unlike newest_ns, one wrong stamp does not move it
    compression: str
    uncompressed_bytes: int
    head: bytes = field(repr=False)
    body: Binary = field(repr=False)
    indexes: bytes = field(repr=False)
    counts: Mapping[int, int]  # channel -> messages, in the order of `indexes`
    latest: Mapping[int, int]  # channel -> its newest log time

    @property
    def record_bytes(self) -> int:
        """Length of the chunk record alone."""
        return len(self.head) + len(self.body)

    @property
    def size_bytes(self) -> int:
        """Bytes it takes in a file."""
        return self.record_bytes + len(self.indexes)

    @property
    def resident_bytes(self) -> int:
        """Bytes it takes in memory."""
        return self.size_bytes + OBJECTS_BYTES + len(self.counts) * CHANNEL_BYTES

    @property
    def index_offsets(self) -> dict[int, int]:
        """Where the index of each channel begins, from the beginning of `indexes`."""
        lengths = (INDEX_HEAD.size + count * INDEX_ENTRY.size for count in self.counts.values())
        return dict(zip(self.counts, accumulate(lengths, initial=0), strict=False))

    def at_hand(self) -> SealedChunk:
        """Itself; others have to be read first."""
        return self

    def entries(self) -> Iterator[tuple[int, array[int]]]:
        """Each channel with its index: log time and offset of a message, alternating."""
        for channel_id, offset in self.index_offsets.items():
            begin = offset + INDEX_HEAD.size
            yield channel_id, unpacked(self.indexes[begin : begin + self.counts[channel_id] * INDEX_ENTRY.size])

    def raw(self) -> Binary:
        """The packed message records."""
        return decompress(self.compression, self.body, self.uncompressed_bytes)


def unpacked(entries: Binary) -> array[int]:
    """Packed index entries as numbers: log time and offset, alternating."""
    numbers = array("Q", bytes(entries))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


class _Span(NamedTuple):
    """Log times of one channel in a chunk."""

    oldest_ns: int
    newest_ns: int
    last_ns: int  # of the message that came last
    messages: int

    @classmethod
    def of(cls, entries: Binary) -> Self:
        times = unpacked(entries)[::2]
        # They come almost in order: to sort them takes half as long as to look for both ends.
        in_order = sorted(times)
        return cls(in_order[0], in_order[-1], times[-1], len(times))


def seal(chunk: OpenChunk, compression: Compression, *, packed: tuple[str, Binary] | None = None) -> SealedChunk:
    """Compress a chunk, which nobody may change after that, and close its message indexes; it must hold a message.

    Runs outside the GIL for the most part.

    ``packed`` is the compression and the compressed bytes where they exist already.
    """
    spans = {number: _Span.of(entries) for number, entries in chunk.entries.items()}
    indexes = b"".join(message_index(channel_id, entries) for channel_id, entries in chunk.entries.items())
    oldest_ns, newest_ns = min(one.oldest_ns for one in spans.values()), max(one.newest_ns for one in spans.values())
    size, crc = len(chunk.buffer), crc32(chunk.buffer) if chunk.crc is None else chunk.crc
    name, body = packed or compress(chunk.buffer, compression)
    return SealedChunk(
        number=chunk.number,
        oldest_ns=oldest_ns,
        newest_ns=newest_ns,
        typical_ns=sorted(one.last_ns for one in spans.values())[len(spans) // 2],
        compression=name,
        uncompressed_bytes=size,
        head=chunk_head(oldest_ns, newest_ns, size, crc, name, len(body)),
        body=body,
        indexes=indexes,
        counts={number: one.messages for number, one in spans.items()},
        latest={number: one.newest_ns for number, one in spans.items()},
    )


def cut(chunk: SealedChunk, start_ns: int, end_ns: int) -> OpenChunk:
    """The messages of a sealed chunk within a window (both ends included), found by its index."""
    picked = sorted(
        (offset, log_time_ns, channel_id)
        for channel_id, entries in chunk.entries()
        for log_time_ns, offset in zip(entries[::2], entries[1::2], strict=True)
        if start_ns <= log_time_ns <= end_ns
    )
    inside = OpenChunk(chunk.number)
    raw = memoryview(chunk.raw())
    for offset, log_time_ns, channel_id in picked:
        _, length = FRAME.unpack_from(raw, offset)
        entries = inside.entries.setdefault(channel_id, bytearray())
        entries += INDEX_ENTRY.pack(log_time_ns, len(inside.buffer))
        inside.buffer += raw[offset : offset + FRAME.size + length]
    return inside


def open_again(raw: Binary, number: int) -> OpenChunk:
    """The messages among some records as an open chunk; other records are left out."""
    chunk = OpenChunk(number)
    view = memoryview(raw)
    for opcode, begin, end in walk_records(raw):
        if opcode != Opcode.MESSAGE:
            continue
        if end - begin < MESSAGE_OVERHEAD:
            raise Broken("a message record is shorter than its fields")
        channel_id, sequence, log_time_ns, publish_time_ns = MESSAGE_FIELDS.unpack_from(raw, begin)
        chunk.add(channel_id, sequence, log_time_ns, publish_time_ns, view[begin + MESSAGE_OVERHEAD : end])
    return chunk
