"""A full read of a recording that believes nothing the recording says about itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from pilothouse.mcap.codecs import CHUNK_LIMIT_BYTES
from pilothouse.mcap.footer import Closing, read_closing, read_data_end, read_header
from pilothouse.mcap.model import Verification
from pilothouse.mcap.problems import Broken
from pilothouse.mcap.scan import Scan, scan
from pilothouse.mcap.source import Source

BLOCK_BYTES = 4 << 20


def verify(origin: Path | str | BinaryIO, *, chunk_limit_bytes: int = CHUNK_LIMIT_BYTES) -> Verification:
    """Read everything: every checksum, every chunk, and whether the summary says what is there."""
    source = Source(origin)
    try:
        found = scan(source, limit=chunk_limit_bytes)
        problems = [*found.problems, *_problems_at_the_end(source, found)]
    finally:
        source.close()
    return Verification(found.counts.total(), tuple(dict.fromkeys(problems)))


def _problems_at_the_end(source: Source, found: Scan) -> Iterator[str]:
    try:
        read_header(source)
        closing = read_closing(source)
    except Broken as problem:
        yield str(problem)
        return
    if found.data_end is not None:
        yield from _data_problems(source, found.data_end)
    yield from _summary_problems(closing, found)


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
