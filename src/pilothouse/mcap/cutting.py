"""Cutting recordings: the messages of some topics and times, from one or several files, into a new one.

Nothing is decoded. A chunk that is wanted as a whole is passed on as it is; of others the wanted message records are
put into new chunks. The result is made while it is read: a chunk or two are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from zlib import crc32

from mcap.opcode import Opcode
from mcap.records import ChunkIndex, DataEnd

from pilothouse.mcap.capture import Metadata
from pilothouse.mcap.chunks import OpenChunk, seal
from pilothouse.mcap.contents import Contents
from pilothouse.mcap.footer import read_closing, read_header, read_metadata
from pilothouse.mcap.live import Written
from pilothouse.mcap.model import Binary
from pilothouse.mcap.problems import Broken, Damaged
from pilothouse.mcap.records import (
    INDEX_ENTRY,
    LIBRARY,
    MESSAGE_FIELDS,
    MESSAGE_OVERHEAD,
    Registry,
    encode,
    encode_metadata,
    opening,
    walk_records,
)
from pilothouse.mcap.scan import scan
from pilothouse.mcap.source import Source
from pilothouse.mcap.spans import ANY_TIME, Span, content_of, messages_in, register, span_of

CHUNK_BYTES = 1 << 20
ADVICE = "`pilothouse mcap recover {name}` saves what is still readable"
# Our own writers keep schemas and channels out of chunks, so that a chunk of wanted messages holds nothing else.
_OWN = LIBRARY.split(" ")[0] + " "


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages: on one of ``topics``, with a log time in one of ``windows``, a number within ``sequences``.

    Windows (nanoseconds) and sequences (the number each message carries) include both their ends.
    """

    topics: frozenset[str] | None = None
    windows: tuple[tuple[int, int], ...] = (ANY_TIME,)
    sequences: tuple[int, int] | None = None

    def at(self, log_time_ns: int, sequence: int) -> bool:
        """True when a message of a wanted topic is wanted."""
        low, high = self.sequences or (0, sequence)
        return low <= sequence <= high and any(begin <= log_time_ns <= end for begin, end in self.windows)

    def may_be_in(self, span: Span, sequences: tuple[int, int] | None) -> bool:
        """False when a stretch of a file cannot hold a wanted message."""
        if self.sequences and sequences and not _meet(self.sequences, sequences):
            return False
        return any(_meet(window, (span.oldest_ns, span.newest_ns)) for window in self.windows)

    def all_of(self, span: Span, sequences: tuple[int, int] | None) -> bool:
        """True when every message of a wanted topic in a stretch of a file is wanted."""
        if self.sequences and not (sequences and _within(sequences, self.sequences)):
            return False
        return any(_within((span.oldest_ns, span.newest_ns), window) for window in self.windows)


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file with messages; ``index`` and ``sequences`` (lowest, highest) where they are known."""

    span: Span
    index: ChunkIndex | None
    sequences: tuple[int, int] | None


@dataclass(slots=True)
class Piece:
    """One recording to cut from. ``pure``: nothing but messages is in its chunks."""

    source: Source
    registry: Registry
    places: list[Place]
    pure: bool
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    numbers: dict[int, int | None] = field(default_factory=dict)  # channel here -> channel in the cut, None: unwanted

    @classmethod
    def open(cls, origin: Path | str | BinaryIO, *, sequences: Sequence[tuple[int, int]] | None = None) -> Piece:
        """A recording in a file; ``sequences``: the lowest and highest number in each of its chunks, where known.

        Reads the summary, or all of a file that has none. Raises Damaged.
        """
        source = Source(origin)
        try:
            return _opened(source, sequences)
        except Broken as problem:
            source.close()
            raise _damaged(source, problem) from None

    @classmethod
    def of_live(cls, written: Written, *, sequences: Sequence[tuple[int, int]] | None = None) -> Piece:
        """What a file that is still growing held at a moment."""
        places = _places(written.chunks, sequences)
        metadata = {name: dict(values) for name, values in written.metadata.items()}
        return cls(Source(written.path), written.registry, places, True, metadata)

    def contents(self, place: Place, topic: str) -> list[bytes]:
        """The messages on a topic in one stretch of the file, in log-time order; raises Damaged."""
        numbers = {number for number, channel in self.registry.channels.items() if channel.topic == topic}
        if place.span.channels is not None and numbers.isdisjoint(place.span.channels):
            return []
        try:
            raw = content_of(self.source, place.span)
            found = messages_in(raw, self.registry, wanted=numbers, start_ns=ANY_TIME[0], end_ns=ANY_TIME[1])
        except Broken as problem:
            raise _damaged(self.source, problem) from None
        return [bytes(raw[begin:end]) for _, _, _, _, begin, end in found]


def _opened(source: Source, sequences: Sequence[tuple[int, int]] | None) -> Piece:
    pure = read_header(source).library.startswith(_OWN)
    closing = read_closing(source)
    if closing.complete:
        places = _places(closing.chunks, sequences)
        metadata = {one.name: read_metadata(source, one).metadata for one in closing.metadata}
        return Piece(source, closing.registry, places, pure, metadata)
    found = scan(source)
    if found.problems:
        raise Broken(found.problems[0])
    return Piece(source, found.registry, [Place(one, None, None) for one in found.spans], pure, found.metadata)


def _places(chunks: Sequence[ChunkIndex], sequences: Sequence[tuple[int, int]] | None) -> list[Place]:
    known = sequences if sequences is not None and len(sequences) == len(chunks) else [None] * len(chunks)
    return [Place(span_of(index), index, range_) for index, range_ in zip(chunks, known, strict=True)]


class Cutting:
    """A cut, ready to be read once: iterate over its bytes, then close it (or use it in a ``with`` statement).

    ``metadata`` is what the new file says about itself; without it, what the first recording says. Raises Damaged at
    the chunk that is; what was read until then is the beginning of a file without an end.
    """

    def __init__(self, pieces: Iterable[Piece], wanted: Wanted, *, metadata: Metadata | None = None) -> None:
        self._pieces = list(pieces)
        self._wanted = wanted
        self._registry = Registry()
        self._contents = Contents(self._registry)
        self._described = 0, 0
        self._position = self._crc = 0
        self._open = OpenChunk(0)
        first = self._pieces[0].metadata if self._pieces else {}
        self._metadata: Metadata = first if metadata is None else metadata
        for piece in self._pieces:
            self._number(piece)

    def __enter__(self) -> Cutting:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the recordings that were opened here."""
        with ExitStack() as stack:
            for piece in self._pieces:
                stack.callback(piece.source.close)

    def __iter__(self) -> Iterator[bytes]:
        yield self._out(opening())
        for name, values in self._metadata.items():
            record = encode_metadata(name, values)
            self._contents.note_metadata(name, self._position, len(record))
            yield self._out(record)
        for piece in self._pieces:
            try:
                for place in piece.places:
                    yield from self._taken(piece, place)
            except Broken as problem:
                raise _damaged(piece.source, problem) from None
        yield from self._flushed()
        yield from self._new_channels()
        yield self._out(encode(DataEnd(self._crc)))
        yield self._contents.summary(self._position)

    def _taken(self, piece: Piece, place: Place) -> Iterator[bytes]:
        span = place.span
        if not self._wanted.may_be_in(span, place.sequences):
            return
        if span.channels is not None and all(piece.numbers.get(one, 0) is None for one in span.channels):
            return
        if self._as_it_is(piece, place):
            yield from self._flushed()
            yield from self._new_channels()
            yield from self._copied(piece, place)
            return
        self._pick(piece, content_of(piece.source, span))
        if len(self._open.buffer) >= CHUNK_BYTES:
            yield from self._flushed()

    def _as_it_is(self, piece: Piece, place: Place) -> bool:
        span, index = place.span, place.index
        # Schemas and channels inside the chunks of others could be unwanted ones, or have numbers that are taken.
        if not piece.pure or index is None or span.channels is None:
            return False
        if not self._wanted.all_of(span, place.sequences):
            return False
        return all(piece.numbers.get(one) == one for one in span.channels)

    def _copied(self, piece: Piece, place: Place) -> Iterator[bytes]:
        """A chunk and its message indexes, byte for byte."""
        index = place.index
        assert index is not None
        record = piece.source.read_at(index.chunk_start_offset, index.chunk_length)
        indexes = piece.source.read_at(index.chunk_start_offset + index.chunk_length, index.message_index_length)
        if len(record) < index.chunk_length or record[:1] != bytes([Opcode.CHUNK]):
            raise Broken(f"there is no chunk at byte {index.chunk_start_offset}, where the index says")
        moved = self._position - index.chunk_start_offset
        again = ChunkIndex(
            chunk_length=index.chunk_length,
            chunk_start_offset=self._position,
            compression=index.compression,
            compressed_size=index.compressed_size,
            message_end_time=index.message_end_time,
            message_index_length=len(indexes),
            message_index_offsets={key: offset + moved for key, offset in index.message_index_offsets.items()},
            message_start_time=index.message_start_time,
            uncompressed_size=index.uncompressed_size,
        )
        self._contents.note_indexed(again, _counts(indexes))
        yield self._out(record)
        yield self._out(indexes)

    def _pick(self, piece: Piece, raw: Binary) -> None:
        """Put the wanted messages among some records into the open chunk."""
        view, numbers, wanted = memoryview(raw), piece.numbers, self._wanted
        for opcode, begin, end in walk_records(raw):
            if opcode == Opcode.MESSAGE:
                if end - begin < MESSAGE_OVERHEAD:
                    raise Broken("a message record is shorter than its fields")
                channel_id, sequence, log_time_ns, publish_time_ns = MESSAGE_FIELDS.unpack_from(raw, begin)
                if channel_id not in numbers:
                    raise Broken(f"a message is on channel {channel_id}, which is not described")
                number = numbers[channel_id]
                if number is not None and wanted.at(log_time_ns, sequence):
                    content = view[begin + MESSAGE_OVERHEAD : end]
                    self._open.add(number, sequence, log_time_ns, publish_time_ns, content)
            elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
                register(opcode, raw[begin:end], piece.registry)
                self._number(piece)

    def _number(self, piece: Piece) -> None:
        """Give the channels of a recording their numbers in the cut: their own where these are free."""
        topics = self._wanted.topics
        for channel_id, channel in piece.registry.channels.items():
            if channel_id not in piece.numbers:
                is_wanted = topics is None or channel.topic in topics
                piece.numbers[channel_id] = self._registry.keep(channel_id, channel) if is_wanted else None

    def _flushed(self) -> Iterator[bytes]:
        chunk, self._open = self._open, OpenChunk(0)
        if chunk.buffer:
            yield from self._new_channels()
            sealed = seal(chunk, "zstd")
            self._contents.note_chunk(sealed, self._position)
            yield self._out(b"".join((sealed.head, sealed.body, sealed.indexes)))

    def _new_channels(self) -> Iterator[bytes]:
        schemas_before, channels_before = self._described
        channels = self._registry.channel_records(after=channels_before)
        schemas = self._registry.schema_records(after=schemas_before)
        self._described = schemas_before + len(schemas), channels_before + len(channels)
        if schemas or channels:
            yield self._out(b"".join((*schemas, *channels)))

    def _out(self, block: bytes) -> bytes:
        self._crc = crc32(block, self._crc)
        self._position += len(block)
        return block


def _counts(indexes: bytes) -> dict[int, int]:
    """Messages by channel, from message index records; raises Broken."""
    counts: dict[int, int] = {}
    for opcode, begin, end in walk_records(indexes):
        if opcode != Opcode.MESSAGE_INDEX or end - begin < 6:
            raise Broken("a chunk is not followed by its message indexes, as the summary says")
        counts[int.from_bytes(indexes[begin : begin + 2], "little")] = (end - begin - 6) // INDEX_ENTRY.size
    return counts


def _damaged(source: Source, problem: Broken) -> Damaged:
    return Damaged(source=source.name, reason=problem, advice=ADVICE.format(name=source.name))
