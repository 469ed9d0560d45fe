"""Cutting recordings: the messages of some topics and times, from one or several files, into a new one.

Nothing is decoded. A chunk that is wanted as a whole is passed on as it is; of others the wanted message records are
put into new chunks. The result is made while it is read: a chunk or two are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from types import TracebackType
from zlib import crc32

from mcap.opcode import Opcode
from mcap.records import ChunkIndex, DataEnd

from pilothouse.mcap.cutting.pieces import Piece, Place, Wanted, damaged
from pilothouse.mcap.model import Binary
from pilothouse.mcap.problems import Broken
from pilothouse.mcap.reading.spans import content_of, register
from pilothouse.mcap.records import (
    INDEX_ENTRY,
    MESSAGE_FIELDS,
    MESSAGE_OVERHEAD,
    Registry,
    encode,
    encode_metadata,
    opening,
    walk_records,
)
from pilothouse.mcap.writing.capture import Metadata
from pilothouse.mcap.writing.chunks import OpenChunk, seal
from pilothouse.mcap.writing.contents import Contents

__all__ = ["Cutting", "Piece", "Wanted"]

CHUNK_BYTES = 1 << 20
RECORD_ROOM_BYTES = 1 << 20


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
                raise damaged(piece.source, problem) from None
        yield from self._flushed()
        yield from self._new_channels()
        yield self._out(encode(DataEnd(self._crc)))
        yield from map(bytes, self._contents.summary(self._position))

    def _taken(self, piece: Piece, place: Place) -> Iterator[bytes]:
        span = place.span
        if not self._wanted.may_be_in(span, place.sequences):
            return
        if span.channels is not None and all(piece.numbers.get(one, 0) is None for one in span.channels):
            return
        if span.length > piece.limit + RECORD_ROOM_BYTES:
            raise Broken(f"a chunk takes {span.length} bytes, more than the limit of {piece.limit}")
        if self._as_it_is(piece, place):
            yield from self._flushed()
            yield from self._new_channels()
            yield from self._copied(piece, place)
            return
        self._pick(piece, content_of(piece.source, span, limit=piece.limit))
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
