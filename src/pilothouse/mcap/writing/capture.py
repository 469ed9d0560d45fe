"""Writing a recording: chunks as they are, a summary behind them, and a name only when all of it is on the disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from zlib import crc32

from mcap.records import Attachment, DataEnd

from pilothouse.mcap.model import Binary, Captured
from pilothouse.mcap.problems import RecordingExists, StorageFull
from pilothouse.mcap.records import Registry, encode, encode_metadata, opening
from pilothouse.mcap.writing.chunks import SealedChunk
from pilothouse.mcap.writing.contents import Contents
from pilothouse.mcap.writing.disk import NO_ROOM, reserve, sync_directory, write_all
from pilothouse.mcap.writing.snapshot import Snapshot

ACTIVE_SUFFIX = ".active"
# Enough for the disk to work in one go, little enough for hashing to keep up beside it.
WRITE_BYTES = 4 << 20

Metadata = Mapping[str, Mapping[str, str]]


def write_capture(
    snapshot: Snapshot, path: Path, *, metadata: Metadata, attachments: Iterable[Attachment] = ()
) -> Captured:
    """Write a snapshot as a recording and return what is in it; attachments stand before the first chunk.

    The file is made as ``path.active``, synced, renamed and the directory synced: under its own name it is whole.
    Raises StorageFull (and leaves nothing behind) when the disk has no room, RecordingExists for a name in use.
    """
    return write_recording(
        path, snapshot.registry, snapshot.pieces(), metadata=metadata, attachments=attachments,
        expected_bytes=snapshot.size_bytes,
    )  # fmt: skip


def write_recording(
    path: Path,
    registry: Registry,
    chunks: Iterable[SealedChunk],
    *,
    metadata: Metadata,
    attachments: Iterable[Attachment] = (),
    expected_bytes: int = 0,
) -> Captured:
    """Write a recording from chunks, which may be made while it is written."""
    if path.exists():
        raise RecordingExists(path=path)
    active = path.with_name(path.name + ACTIVE_SUFFIX)
    try:
        with _Recording(active, registry) as recording:
            recording.open(metadata, expected_bytes)
            for attachment in attachments:
                recording.add_attachment(attachment)
            for chunk in chunks:
                recording.add_chunk(chunk)
            captured = recording.close(path)
        active.rename(path)
        sync_directory(path.parent)
    except BaseException as error:
        active.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise StorageFull(path=path) from None
        raise
    return captured


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Recording:
    """A recording being written: bytes go to the disk in large pieces while another thread hashes them."""

    def __init__(self, active: Path, registry: Registry) -> None:
        self._registry = registry
        self._file = os.open(active, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o644)
        self._hashing = ThreadPoolExecutor(1, "pilothouse-sha256")
        self._hash = hashlib.sha256()
        self._hashed: Future[None] | None = None
        self._pending: list[Binary] = []
        self._pending_bytes = 0
        self._position = 0
        self._crc = 0
        self._contents = Contents(registry)

    def __enter__(self) -> _Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self._hashing.shutdown()
        os.close(self._file)

    def open(self, metadata: Metadata, expected_bytes: int) -> None:
        """Everything a reader should know before the first chunk, so that a file cut off later still says it."""
        reserve(self._file, expected_bytes)
        self._add(opening())
        for name, values in metadata.items():
            record = encode_metadata(name, values)
            self._contents.note_metadata(name, self._position, len(record))
            self._add(record)
        self._add(*self._registry.schema_records(), *self._registry.channel_records())

    def add_attachment(self, attachment: Attachment) -> None:
        """A file within the file."""
        record = encode(attachment)
        self._contents.note_attachment(attachment, self._position, len(record))
        self._add(record)

    def add_chunk(self, chunk: SealedChunk) -> None:
        """A chunk and its message indexes, byte for byte."""
        self._contents.note_chunk(chunk, self._position)
        self._add(chunk.head, chunk.body, chunk.indexes)

    def close(self, path: Path) -> Captured:
        """Write what is left and the summary, and bring all of it to the disk."""
        self._write()
        self._add(encode(DataEnd(self._crc)))
        self._add(*self._contents.summary(self._position))
        self._write()
        os.ftruncate(self._file, self._position)
        os.fsync(self._file)
        if self._hashed:
            self._hashed.result()
        start_ns, end_ns = self._contents.span or (None, None)
        topics = {self._registry.channels[channel_id].topic for channel_id in self._contents.counts}
        return Captured(
            path=path,
            size_bytes=self._position,
            message_count=self._contents.counts.total(),
            start_ns=start_ns,
            end_ns=end_ns,
            topics=tuple(sorted(topics)),
            sha256=self._hash.hexdigest(),
        )

    def _add(self, *buffers: Binary) -> None:
        self._pending.extend(buffers)
        size = sum(map(len, buffers))
        self._position += size
        self._pending_bytes += size
        if self._pending_bytes >= WRITE_BYTES:
            self._write()

    def _write(self) -> None:
        batch, self._pending, self._pending_bytes = self._pending, [], 0
        if self._hashed:
            self._hashed.result()  # never more than one batch behind
        self._hashed = self._hashing.submit(self._digest, batch)
        for buffer in batch:
            self._crc = crc32(buffer, self._crc)
        write_all(self._file, batch)

    def _digest(self, batch: list[Binary]) -> None:
        for buffer in batch:
            self._hash.update(buffer)
