"""One preallocated file of the spool, an MCAP stream from its first byte."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from mcap.records import DataEnd, Footer

from pilothouse.mcap.model import Binary
from pilothouse.mcap.records import MAGIC, Registry, encode, encode_metadata, opening
from pilothouse.mcap.writing.chunks import SealedChunk
from pilothouse.mcap.writing.disk import write_all

CARRIED = "pilothouse.carried"
"""Metadata record before the chunks of latched channels that were carried over from an earlier segment."""

_CLOSING = encode(DataEnd(0)) + encode(Footer(0, 0, 0)) + MAGIC


class Segment:
    """Takes chunks until it is full. Raises OSError when the disk has no room, and is then as it was before."""

    def __init__(self, path: Path, capacity: int) -> None:
        self.path = path
        self.capacity = capacity
        self._schemas = self._channels = 0
        self._position = 0
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
        try:
            os.posix_fallocate(self._file, 0, capacity)
            self._write([opening()])
        except OSError:
            os.close(self._file)
            path.unlink()
            raise

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""
        return self._position

    def has_room_for(self, chunk: SealedChunk) -> bool:
        """True when a chunk and the closing records still fit; new channel records are small beside the reserve."""
        return self._position + chunk.size_bytes + len(_CLOSING) <= self.capacity

    def carry(self, chunks: Iterable[SealedChunk], registry: Registry) -> None:
        """Repeat what latched channels said last, as the segments that held it will be deleted."""
        every = list(chunks)
        if every:
            self._write([encode_metadata(CARRIED, {"chunks": str(len(every))})])
            for chunk in every:
                self.write(chunk, registry)

    def write(self, chunk: SealedChunk, registry: Registry) -> int:
        """Append a chunk, and before it the schemas and channels that are new since the last one; where it begins."""
        # Channels first: one that is added meanwhile, with its schema, then waits for the next chunk.
        channels = registry.channel_records(after=self._channels)
        schemas = registry.schema_records(after=self._schemas)
        self._write([*schemas, *channels, chunk.head, chunk.body, chunk.indexes])
        self._schemas += len(schemas)
        self._channels += len(channels)
        return self._position - chunk.size_bytes

    @property
    def file(self) -> int:
        """The open file, for syncing."""
        return self._file

    def finish(self) -> None:
        """Close it as a complete MCAP file of exactly its length."""
        try:
            self._write([_CLOSING])
            os.ftruncate(self._file, self._position)
        finally:
            os.close(self._file)

    def abandon(self) -> None:
        """Close it as it is."""
        os.close(self._file)

    def _write(self, buffers: list[bytes | Binary]) -> None:
        os.lseek(self._file, self._position, os.SEEK_SET)
        try:
            self._position += write_all(self._file, buffers)
        except OSError:
            # Behind the position a reader must find nothing or zeros, not half a record.
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._position)
            raise
