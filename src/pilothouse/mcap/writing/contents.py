"""What a recording being written holds so far, and the summary that says it at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from zlib import crc32

from mcap.opcode import Opcode
from mcap.records import (
    Attachment,
    AttachmentIndex,
    ChunkIndex,
    Footer,
    McapRecord,
    MetadataIndex,
    Statistics,
    SummaryOffset,
)

from pilothouse.mcap.model import Binary
from pilothouse.mcap.records import MAGIC, Registry, encode
from pilothouse.mcap.writing.chunks import SealedChunk


class Contents:
    """Notes where everything in a file stands."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.counts: Counter[int] = Counter()
        self.span: tuple[int, int] | None = None
        # Packed: of a recording with a hundred channels they would take more than its chunks as objects.
        self._chunks = bytearray()
        self._chunk_count = 0
        self._metadata: list[MetadataIndex] = []
        self._attachments: list[AttachmentIndex] = []

    def note_metadata(self, name: str, offset: int, length: int) -> None:
        """A metadata record stands there."""
        self._metadata.append(MetadataIndex(offset=offset, length=length, name=name))

    def note_attachment(self, attachment: Attachment, offset: int, length: int) -> None:
        """An attachment stands there."""
        index = AttachmentIndex(
            offset=offset,
            length=length,
            log_time=attachment.log_time,
            create_time=attachment.create_time,
            data_size=len(attachment.data),
            name=attachment.name,
            media_type=attachment.media_type,
        )
        self._attachments.append(index)

    def note_chunk(self, chunk: SealedChunk, offset: int) -> ChunkIndex:
        """A chunk with its message indexes behind it stands there; the record that says so."""
        indexes_begin = offset + chunk.record_bytes
        index = ChunkIndex(
            chunk_length=chunk.record_bytes,
            chunk_start_offset=offset,
            compression=chunk.compression,
            compressed_size=len(chunk.body),
            message_end_time=chunk.newest_ns,
            message_index_length=len(chunk.indexes),
            message_index_offsets={key: indexes_begin + begin for key, begin in chunk.index_offsets.items()},
            message_start_time=chunk.oldest_ns,
            uncompressed_size=chunk.uncompressed_bytes,
        )
        self.note_indexed(index, chunk.counts)
        return index

    def note_indexed(self, index: ChunkIndex, counts: Mapping[int, int]) -> None:
        """A chunk stands where its index says; ``counts`` are its messages by channel."""
        self._chunks += encode(index)
        self._chunk_count += 1
        self.counts.update(counts)
        oldest_ns, newest_ns = self.span or (index.message_start_time, index.message_end_time)
        self.span = min(oldest_ns, index.message_start_time), max(newest_ns, index.message_end_time)

    def summary(self, begin: int) -> list[Binary]:
        """Summary, footer and magic in parts, for a data section that ends at ``begin``."""
        groups: list[tuple[int, Binary]] = [
            (Opcode.SCHEMA, b"".join(self._registry.schema_records())),
            (Opcode.CHANNEL, b"".join(self._registry.channel_records())),
            (Opcode.STATISTICS, encode(self._statistics())),
            (Opcode.CHUNK_INDEX, self._chunks),
            (Opcode.ATTACHMENT_INDEX, _encoded(self._attachments)),
            (Opcode.METADATA_INDEX, _encoded(self._metadata)),
        ]
        parts: list[Binary] = []
        offsets: list[bytes] = []
        position = begin
        for opcode, group in groups:
            if group:
                offsets.append(encode(SummaryOffset(opcode, position, len(group))))
                parts.append(group)
                position += len(group)
        crc = 0
        for part in (*parts, *offsets, encode(Footer(begin, position, 0))[:-4]):
            crc = crc32(part, crc)
        return [*parts, *offsets, encode(Footer(begin, position, crc)), MAGIC]

    def _statistics(self) -> Statistics:
        start_ns, end_ns = self.span or (0, 0)
        return Statistics(
            attachment_count=len(self._attachments),
            channel_count=len(self._registry.channels),
            channel_message_counts=dict(self.counts),
            chunk_count=self._chunk_count,
            message_count=self.counts.total(),
            message_end_time=end_ns,
            message_start_time=start_ns,
            metadata_count=len(self._metadata),
            schema_count=len(self._registry.schemas),
        )


def _encoded(records: Iterable[McapRecord]) -> bytes:
    return b"".join(map(encode, records))
