"""The summary at the end of a recording: one seek, one read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mcap.opcode import Opcode
from mcap.records import (
    AttachmentIndex,
    Channel,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
)

from pilothouse.mcap.codecs import crc32
from pilothouse.mcap.problems import Broken
from pilothouse.mcap.reading.source import Source
from pilothouse.mcap.reading.spans import parse
from pilothouse.mcap.records import FRAME, MAGIC, Registry, walk_records

FOOTER_BYTES = 20
TAIL_BYTES = FRAME.size + FOOTER_BYTES + len(MAGIC)
SUMMARY_LIMIT_BYTES = 256 << 20
HEADER_LIMIT_BYTES = 1 << 20

_KINDS: dict[int, type[McapRecord]] = {
    Opcode.SCHEMA: Schema,
    Opcode.CHANNEL: Channel,
    Opcode.STATISTICS: Statistics,
    Opcode.CHUNK_INDEX: ChunkIndex,
    Opcode.METADATA_INDEX: MetadataIndex,
    Opcode.ATTACHMENT_INDEX: AttachmentIndex,
}


@dataclass(slots=True)
class Closing:
    """What stands behind the data section."""

    footer: Footer
    registry: Registry = field(default_factory=Registry)
    statistics: Statistics | None = None
    chunks: list[ChunkIndex] = field(default_factory=list)
    metadata: list[MetadataIndex] = field(default_factory=list)
    attachments: list[AttachmentIndex] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """True when nothing else has to be read to know and find every message."""
        if self.statistics is None:
            return False
        counted = {key for key, count in self.statistics.channel_message_counts.items() if count}
        indexed = bool(self.chunks) or self.statistics.message_count == 0
        return indexed and counted <= self.registry.channels.keys()


def read_header(source: Source) -> Header:
    """The header record; raises Broken."""
    if source.size == 0:
        raise Broken("it is empty, 0 bytes long")
    if source.read_at(0, len(MAGIC)) != MAGIC:
        raise Broken("it does not begin like an MCAP file")
    frame = source.read_at(len(MAGIC), FRAME.size)
    if len(frame) < FRAME.size:
        raise Broken("it was cut off right after its first bytes")
    opcode, length = FRAME.unpack(frame)
    if opcode != Opcode.HEADER or length > HEADER_LIMIT_BYTES:
        raise Broken("it has no header record")
    header = parse(Header, source.read_at(len(MAGIC) + FRAME.size, length))
    assert isinstance(header, Header)
    return header


def read_closing(source: Source) -> Closing:
    """Footer and summary; raises Broken when the file does not end as it should."""
    tail = source.read_at(source.size - TAIL_BYTES, TAIL_BYTES)
    if tail[-len(MAGIC) :] != MAGIC or tail[: FRAME.size] != FRAME.pack(Opcode.FOOTER, FOOTER_BYTES):
        raise Broken("it was cut off: the footer that every complete MCAP file ends with is missing")
    footer = parse(Footer, tail[FRAME.size : -len(MAGIC)])
    assert isinstance(footer, Footer)
    closing = Closing(footer)
    if footer.summary_start:
        _read_summary(source, closing)
    return closing


def _read_summary(source: Source, closing: Closing) -> None:
    begin, end = closing.footer.summary_start, source.size - TAIL_BYTES
    if not len(MAGIC) <= begin <= end or end - begin > SUMMARY_LIMIT_BYTES:
        raise Broken(f"its footer points to byte {begin} for the summary, which cannot be")
    section = source.read_at(begin, end - begin)
    expected = closing.footer.summary_crc
    if expected:
        fields = source.read_at(end, FRAME.size + 16)
        if crc32(fields, crc32(section)) != expected:
            raise Broken("its summary does not match its checksum")
    try:
        for record in _records(section):
            _put(record, closing)
    except Broken as problem:
        raise Broken(f"its summary is not readable: {problem}") from None


def _records(section: bytes) -> Iterator[McapRecord]:
    for opcode, begin, end in walk_records(section):
        kind = _KINDS.get(opcode)
        if kind is not None:
            yield parse(kind, section[begin:end])


def _put(record: McapRecord, closing: Closing) -> None:
    if isinstance(record, Schema):
        closing.registry.put_schema(record)
    elif isinstance(record, Channel):
        closing.registry.put_channel(record)
    elif isinstance(record, Statistics):
        closing.statistics = record
    elif isinstance(record, ChunkIndex):
        closing.chunks.append(record)
    elif isinstance(record, MetadataIndex):
        closing.metadata.append(record)
    elif isinstance(record, AttachmentIndex):
        closing.attachments.append(record)


def read_metadata(source: Source, index: MetadataIndex) -> Metadata:
    """The metadata record an index entry points to; raises Broken."""
    record = source.read_at(index.offset, min(index.length, SUMMARY_LIMIT_BYTES))
    if record[:1] != bytes([Opcode.METADATA]):
        raise Broken(f"there is no metadata record at byte {index.offset}, where the index says")
    metadata = parse(Metadata, record[FRAME.size :])
    assert isinstance(metadata, Metadata)
    return metadata


def read_data_end(source: Source, offset: int) -> DataEnd | None:
    """The data end record at an offset, None when something else stands there."""
    record = source.read_at(offset, FRAME.size + 4)
    if record[: FRAME.size] != FRAME.pack(Opcode.DATA_END, 4) or len(record) < FRAME.size + 4:
        return None
    data_end = parse(DataEnd, record[FRAME.size :])
    assert isinstance(data_end, DataEnd)
    return data_end
