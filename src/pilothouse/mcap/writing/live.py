"""A recording that grows chunk by chunk: a complete MCAP file after each of them, indexed once it is finished."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from mcap.records import ChunkIndex, DataEnd, Footer

from pilothouse.mcap.model import Binary
from pilothouse.mcap.problems import StorageFull
from pilothouse.mcap.records import MAGIC, Registry, encode, encode_metadata, opening
from pilothouse.mcap.writing.capture import ACTIVE_SUFFIX, Metadata
from pilothouse.mcap.writing.chunks import SealedChunk
from pilothouse.mcap.writing.contents import Contents
from pilothouse.mcap.writing.disk import NO_ROOM, sync_directory, write_all

_CLOSING = encode(DataEnd(0)) + encode(Footer(0, 0, 0)) + MAGIC


@dataclass(frozen=True, slots=True)
class Written:
    """What a growing file holds at a moment; the chunks below stay where they are, whatever is added later."""

    path: Path
    registry: Registry
    chunks: tuple[ChunkIndex, ...]
    size_bytes: int
    metadata: Metadata


def is_growing(path: Path) -> bool:
    """True while a living process writes this file."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


class LiveRecording:
    """Writes ``path.active``; one thread. Every write ends with the end of an MCAP file, which the next one replaces.

    Raises StorageFull when the disk has no room, and is then as it was before.
    """

    def __init__(self, path: Path, registry: Registry, *, metadata: Metadata) -> None:
        self.path = path
        self.active = path.with_name(path.name + ACTIVE_SUFFIX)
        self._registry = registry
        self._metadata = metadata
        self._contents = Contents(registry)
        self._chunks: list[ChunkIndex] = []
        self._described = 0, 0  # schemas and channels written
        self._position = self._crc = 0
        self._file = os.open(self.active, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
        try:
            # Held as long as this process lives, however it ends: nobody takes a file that grows for a leftover.
            with contextlib.suppress(OSError):  # some network disks know no locks
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._write([opening()])
            self.add_metadata(metadata)
        except BaseException:
            os.close(self._file)
            self.active.unlink()
            raise

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""
        return self._position

    @property
    def file(self) -> int:
        """The open file, for syncing."""
        return self._file

    def written(self) -> Written:
        """What the file holds now; any thread may ask, between two chunks."""
        return Written(self.active, self._registry.copy(), tuple(self._chunks), self._position, self._metadata)

    def add_metadata(self, metadata: Mapping[str, Mapping[str, str]]) -> None:
        """Metadata records at the present end."""
        for name, values in metadata.items():
            record, begin = encode_metadata(name, values), self._position
            self._write([record])
            self._contents.note_metadata(name, begin, len(record))

    def add_chunk(self, chunk: SealedChunk) -> None:
        """A chunk, and before it the schemas and channels that are new since the last one."""
        schemas_before, channels_before = self._described
        channels = self._registry.channel_records(after=channels_before)
        schemas = self._registry.schema_records(after=schemas_before)
        self._write([*schemas, *channels, chunk.head, chunk.body, chunk.indexes])
        self._described = schemas_before + len(schemas), channels_before + len(channels)
        self._chunks.append(self._contents.note_chunk(chunk, self._position - chunk.size_bytes))

    def finish(self, metadata: Metadata) -> None:
        """Write the summary, bring everything to the disk and give the file its name.

        When that fails the file stays as it is, readable, under its active name; ``abandon`` then lets go of it.
        """
        self.add_metadata(metadata)
        end = encode(DataEnd(self._crc))
        position = self._position
        self._write([end, *self._contents.summary(position + len(end))], closing=b"")
        os.fsync(self._file)
        self.active.rename(self.path)
        sync_directory(self.path.parent)
        os.close(self._file)

    def abandon(self) -> None:
        """Close it as it is."""
        os.close(self._file)

    def _write(self, buffers: list[bytes | Binary], *, closing: bytes = _CLOSING) -> None:
        os.lseek(self._file, self._position, os.SEEK_SET)
        try:
            size = write_all(self._file, [*buffers, closing]) - len(closing)
        except OSError as error:
            self._take_back()
            if error.errno in NO_ROOM:
                raise StorageFull(path=self.path) from None
            raise
        for one in buffers:
            self._crc = crc32(one, self._crc)
        self._position += size

    def _take_back(self) -> None:
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, self._position)
            os.lseek(self._file, self._position, os.SEEK_SET)
            write_all(self._file, [_CLOSING])
