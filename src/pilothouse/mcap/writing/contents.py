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

from pilothouse.mcap.records import MAGIC, Registry, encode
from pilothouse.mcap.writing.chunks import SealedChunk


class Contents:
    """Notes where everything in a file stands."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.counts: Counter[int] = Counter()
        self.span: tuple[int, int] | None = None
        self.chunks: list[ChunkIndex] = []
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

    def note_chunk(self, chunk: SealedChunk, offset: int) -> None:
        """A chunk with its message indexes behind it stands there."""
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

    def note_indexed(self, index: ChunkIndex, counts: Mapping[int, int]) -> None:
        """A chunk stands where its index says; ``counts`` are its messages by channel."""
        self.chunks.append(index)
        self.counts.update(counts)
        oldest_ns, newest_ns = self.span or (index.message_start_time, index.message_end_time)
        self.span = min(oldest_ns, index.message_start_time), max(newest_ns, index.message_end_time)

    def summary(self, begin: int) -> bytes:
        """Summary, footer and magic, for a data section that ends at ``begin``."""
        groups: list[tuple[int, list[bytes]]] = [
            (Opcode.SCHEMA, self._registry.schema_records()),
            (Opcode.CHANNEL, self._registry.channel_records()),
            (Opcode.STATISTICS, [encode(self._statistics())]),
            (Opcode.CHUNK_INDEX, _encoded(self.chunks)),
            (Opcode.ATTACHMENT_INDEX, _encoded(self._attachments)),
            (Opcode.METADATA_INDEX, _encoded(self._metadata)),
        ]
        parts: list[bytes] = []
        offsets: list[bytes] = []
        position = begin
        for opcode, records in groups:
            group = b"".join(records)
            if group:
                offsets.append(encode(SummaryOffset(opcode, position, len(group))))
                parts.append(group)
                position += len(group)
        summary = b"".join(parts + offsets)
        footer = encode(Footer(begin, position, 0))
        crc = crc32(footer[:-4], crc32(summary))
        return b"".join((summary, encode(Footer(begin, position, crc)), MAGIC))

    def _statistics(self) -> Statistics:
        start_ns, end_ns = self.span or (0, 0)
        return Statistics(
            attachment_count=len(self._attachments),
            channel_count=len(self._registry.channels),
            channel_message_counts=dict(self.counts),
            chunk_count=len(self.chunks),
            message_count=self.counts.total(),
            message_end_time=end_ns,
            message_start_time=start_ns,
            metadata_count=len(self._metadata),
            schema_count=len(self._registry.schemas),
        )


def _encoded(records: Iterable[McapRecord]) -> list[bytes]:
    return [encode(one) for one in records]
