"""Stretches of a recording that hold messages, wherever they stand: in chunks, or loose between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from io import BytesIO
from operator import itemgetter
from struct import error as StructError  # noqa: N812
from typing import Any

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel as ChannelRecord
from mcap.records import Chunk, ChunkIndex, McapRecord
from mcap.records import Schema as SchemaRecord

from pilothouse.mcap.codecs import CHUNK_LIMIT_BYTES, crc32, decompress
from pilothouse.mcap.model import Binary
from pilothouse.mcap.problems import Broken
from pilothouse.mcap.reading.source import Source
from pilothouse.mcap.records import (
    CHUNK_FIELDS,
    FRAME,
    LENGTH_32,
    LENGTH_64,
    MESSAGE_FIELDS,
    MESSAGE_OVERHEAD,
    Registry,
    walk_records,
)
from pilothouse.mcap.writing.chunks import SealedChunk, open_again, seal

PARSING_ERRORS = (McapError, StructError, ValueError, OverflowError, IndexError, KeyError, MemoryError)
"""What the record parser of the ``mcap`` library raises on nonsense."""

ANY_TIME = (0, 2**64 - 1)

# What one of them takes in memory, and after how many more that is told.
FOUND_BYTES, TOLD_EVERY = 240, 4096
Found = tuple[int, int, int, int, int, int]  # log time, publish time, sequence, channel, begin and end of the content


@dataclass(frozen=True, slots=True)
class Span:
    """A chunk record, or a run of loose records, at an offset of the file; ``oldest_ns`` bounds its messages."""

    offset: int
    length: int
    oldest_ns: int
    newest_ns: int
    loose: bool = False
    compression: str = ""
    channels: frozenset[int] | None = None  # None when unknown


@dataclass(slots=True)
class Content:
    """What a stretch of records holds."""

    counts: Counter[int] = field(default_factory=Counter)
    oldest_ns: int = ANY_TIME[1]
    newest_ns: int = 0


def span_of(index: ChunkIndex) -> Span:
    """Where an entry of the summary says a chunk lies."""
    return Span(
        offset=index.chunk_start_offset,
        length=index.chunk_length,
        oldest_ns=index.message_start_time,
        newest_ns=index.message_end_time,
        compression=index.compression,
        channels=frozenset(index.message_index_offsets) or None,
    )


def read_chunk(source: Source, span: Span) -> Chunk:
    """The chunk record at a span, still compressed."""
    record = source.read_at(span.offset, span.length)
    if len(record) < span.length or record[:1] != bytes([Opcode.CHUNK]):
        raise Broken(f"there is no chunk at byte {span.offset}, where the index says")
    return parse_chunk(memoryview(record)[FRAME.size :])


def parse_chunk(content: Binary) -> Chunk:
    """A chunk record from its content, whose bytes it shares: the copies of a parser cost a robot memory."""
    view = memoryview(content)
    try:
        oldest_ns, newest_ns, size, crc = CHUNK_FIELDS.unpack_from(view)
        begin = CHUNK_FIELDS.size + LENGTH_32.size
        end = begin + LENGTH_32.unpack_from(view, CHUNK_FIELDS.size)[0]
        compression = str(view[begin:end], "utf-8")
        begin = end + LENGTH_64.size
        end = begin + LENGTH_64.unpack_from(view, end)[0]
    except PARSING_ERRORS as error:
        raise Broken(f"a Chunk record is not readable ({str(error) or type(error).__name__})") from None
    if end > len(view):
        raise Broken("a Chunk record is not readable (it ends within its records)")
    data: Any = view[begin:end]
    return Chunk(
        compression=compression, data=data, message_start_time=oldest_ns, message_end_time=newest_ns,
        uncompressed_size=size, uncompressed_crc=crc,
    )  # fmt: skip


def content_of(
    source: Source, span: Span, *, limit: int = CHUNK_LIMIT_BYTES, check_crc: bool = True,
    expect: Callable[[int, int], None] = lambda size, packed: None,
) -> Binary:  # fmt: skip
    """The records of a span, decompressed and checked; raises Broken.

    ``expect`` is told how many bytes are about to be in memory, and how many beside them while they are unpacked.
    """
    # What is not compressed stays in memory as it is read.
    stays = span.loose or not span.compression
    expect(span.length if stays else 0, 0 if stays else span.length)
    if span.loose:
        return source.read_at(span.offset, span.length)
    chunk = read_chunk(source, span)
    if chunk.compression:
        expect(chunk.uncompressed_size, span.length)
    return unpack_chunk(chunk, limit=limit, check_crc=check_crc)


def unpack_chunk(chunk: Chunk, *, limit: int = CHUNK_LIMIT_BYTES, check_crc: bool = True) -> Binary:
    """The records in a chunk; raises Broken."""
    raw = decompress(chunk.compression, chunk.data, chunk.uncompressed_size, limit=limit)
    if check_crc and chunk.uncompressed_crc and crc32(raw) != chunk.uncompressed_crc:
        raise Broken("a chunk's content does not match its checksum")
    return raw


def parse(kind: type[McapRecord], content: Binary) -> McapRecord:
    """A small record from its content; raises Broken."""
    try:
        record: McapRecord = kind.read(ReadDataStream(BytesIO(content)))  # type: ignore[attr-defined]
    except PARSING_ERRORS as error:
        raise Broken(f"a {kind.__name__} record is not readable ({str(error) or type(error).__name__})") from None
    return record


def register(opcode: int, content: Binary, registry: Registry) -> None:
    """Take over a schema or channel record."""
    if opcode == Opcode.SCHEMA:
        schema = parse(SchemaRecord, content)
        assert isinstance(schema, SchemaRecord)
        if schema.id == 0:
            raise Broken("a schema has the number 0, which means none")
        registry.put_schema(schema)
    elif opcode == Opcode.CHANNEL:
        channel = parse(ChannelRecord, content)
        assert isinstance(channel, ChannelRecord)
        registry.put_channel(channel)


def examine(raw: Binary, registry: Registry) -> Content:
    """Count the messages of some records and take over the channels among them; raises Broken."""
    content = Content()
    for opcode, begin, end in walk_records(raw):
        if opcode == Opcode.MESSAGE:
            if end - begin < MESSAGE_OVERHEAD:
                raise Broken("a message record is shorter than its fields")
            channel_id, _, log_time_ns, _ = MESSAGE_FIELDS.unpack_from(raw, begin)
            if channel_id not in registry.channels:
                raise Broken(f"a message is on channel {channel_id}, which is not described before it")
            content.counts[channel_id] += 1
            content.oldest_ns = min(content.oldest_ns, log_time_ns)
            content.newest_ns = max(content.newest_ns, log_time_ns)
        elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
            register(opcode, raw[begin:end], registry)
    return content


def messages_in(
    raw: Binary, registry: Registry, *, wanted: Collection[int] | None, start_ns: int, end_ns: int,
    expect: Callable[[int], None] = lambda size: None,
) -> list[Found]:  # fmt: skip
    """Where the wanted messages lie in some records, in log-time order; raises Broken.

    ``expect`` is told from time to time how many bytes that list takes.
    """
    found: list[Found] = []
    for opcode, begin, end in walk_records(raw):
        if opcode == Opcode.MESSAGE:
            if end - begin < MESSAGE_OVERHEAD:
                raise Broken("a message record is shorter than its fields")
            channel_id, sequence, log_time_ns, publish_time_ns = MESSAGE_FIELDS.unpack_from(raw, begin)
            if (wanted is None or channel_id in wanted) and start_ns <= log_time_ns <= end_ns:
                found.append((log_time_ns, publish_time_ns, sequence, channel_id, begin + MESSAGE_OVERHEAD, end))
                if not len(found) % TOLD_EVERY:
                    expect(len(found) * FOUND_BYTES)
        elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
            register(opcode, raw[begin:end], registry)
    found.sort(key=itemgetter(0))
    return found


def sealed_again(source: Source, span: Span, number: int, *, limit: int = CHUNK_LIMIT_BYTES) -> SealedChunk | None:
    """A span as a chunk to write: a chunk's body stays as it is, its indexes are made anew. None without messages."""
    chunk = None if span.loose else read_chunk(source, span)
    raw = source.read_at(span.offset, span.length) if chunk is None else unpack_chunk(chunk, limit=limit)
    inside = open_again(raw, number)
    if not inside.buffer:
        return None
    if chunk is None or len(inside.buffer) != len(raw):
        # Loose records, or a chunk with channel records in it, which the new file has once, at its beginning.
        return seal(inside, "zstd")
    return seal(inside, "zstd", packed=(chunk.compression, chunk.data))
