"""A full read of a recording that believes nothing the recording says about itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from mcap.opcode import Opcode
from mcap.records import ChunkIndex

from pilothouse.mcap.codecs import CHUNK_LIMIT_BYTES
from pilothouse.mcap.model import Verification
from pilothouse.mcap.problems import Broken
from pilothouse.mcap.reading.footer import Closing, read_closing, read_data_end, read_header
from pilothouse.mcap.reading.scan import Scan, scan
from pilothouse.mcap.reading.source import Source
from pilothouse.mcap.reading.spans import content_of, span_of
from pilothouse.mcap.records import FRAME, INDEX_ENTRY, INDEX_HEAD, MESSAGE_FIELDS, walk_records

BLOCK_BYTES = 4 << 20


def verify(origin: Path | str | BinaryIO, *, chunk_limit_bytes: int = CHUNK_LIMIT_BYTES) -> Verification:
    """Read everything: every checksum, every chunk, and whether the summary says what is there."""
    source = Source(origin)
    try:
        found = scan(source, limit=chunk_limit_bytes)
        problems = [*found.problems, *_problems_at_the_end(source, found, chunk_limit_bytes)]
    finally:
        source.close()
    return Verification(found.counts.total(), tuple(dict.fromkeys(problems)))


def _problems_at_the_end(source: Source, found: Scan, limit: int) -> Iterator[str]:
    try:
        read_header(source)
        closing = read_closing(source)
    except Broken as problem:
        yield str(problem)
        return
    if found.data_end is not None:
        yield from _data_problems(source, found.data_end)
    readable = {one.offset for one in found.spans}
    for index in closing.chunks:
        if index.chunk_start_offset in readable and not _indexed_well(source, index, limit):
            yield f"the message indexes of the chunk at byte {index.chunk_start_offset} do not say what is in it"
    yield from _summary_problems(closing, found)


def _indexed_well(source: Source, index: ChunkIndex, limit: int) -> bool:
    """True when every message index of a chunk is where it should be and names each message and its place."""
    if not index.message_index_offsets:
        return True  # other writers may leave them out
    try:
        raw = content_of(source, span_of(index), limit=limit, check_crc=False)
    except Broken:
        return False  # the chunk itself was readable: the index lies about its length
    expected: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for opcode, begin, _ in walk_records(raw):
        if opcode == Opcode.MESSAGE:
            channel_id, _, log_time_ns, _ = MESSAGE_FIELDS.unpack_from(raw, begin)
            expected[channel_id].append((log_time_ns, begin - FRAME.size))
    if expected.keys() != index.message_index_offsets.keys():
        return False
    for channel_id, offset in index.message_index_offsets.items():
        size = len(expected[channel_id]) * INDEX_ENTRY.size
        head = INDEX_HEAD.pack(Opcode.MESSAGE_INDEX, size + 6, channel_id, size)
        record = source.read_at(offset, len(head) + size)
        if record[: len(head)] != head or len(record) != len(head) + size:
            return False
        if sorted(INDEX_ENTRY.iter_unpack(record[len(head) :])) != sorted(expected[channel_id]):
            return False
    return True


def _data_problems(source: Source, end: int) -> Iterator[str]:
    data_end = read_data_end(source, end)
    if data_end is None:
        yield "the end of the data section is not marked"
    elif data_end.data_section_crc:
        crc = 0
        for offset in range(0, end, BLOCK_BYTES):
            crc = crc32(source.read_at(offset, min(BLOCK_BYTES, end - offset)), crc)
        if crc != data_end.data_section_crc:
            yield "the data section does not match its checksum"


def _summary_problems(closing: Closing, found: Scan) -> Iterator[str]:
    statistics = closing.statistics
    if statistics is None:
        return
    counted = {key: count for key, count in statistics.channel_message_counts.items() if count}
    if statistics.message_count != found.counts.total() or (counted and counted != dict(found.counts)):
        yield f"the summary counts {statistics.message_count} messages, the file has {found.counts.total()}"
    span = found.span_ns
    if span and span != (statistics.message_start_time, statistics.message_end_time):
        yield "the summary names other times for the first and the last message than the file has"
    indexed = {one.chunk_start_offset for one in closing.chunks}
    missing = sum(1 for one in found.spans if not one.loose and one.offset not in indexed)
    if closing.chunks and missing:
        yield f"the summary leaves out {missing} chunks"
