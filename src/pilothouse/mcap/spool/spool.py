"""The ring on disk: every sealed chunk is also appended to a segment, so that a dead process leaves its last minute."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from pilothouse.kit.logs import get_logger
from pilothouse.mcap.model import Group
from pilothouse.mcap.records import Registry
from pilothouse.mcap.spool import runs
from pilothouse.mcap.spool.segment import Segment
from pilothouse.mcap.spool.syncing import Syncer
from pilothouse.mcap.spool.waiting import Waiting
from pilothouse.mcap.writing.chunks import SealedChunk
from pilothouse.mcap.writing.disk import NO_ROOM
from pilothouse.mcap.writing.latched import MOST_BYTES, MOST_MESSAGES
from pilothouse.mcap.writing.spooled import SpooledChunk, Stretch

FsyncPolicy = Literal["seal", "second", "never"]

# A segment needs room for more than its chunks: header, schemas, channels and what latched channels said.
SMALLEST_SEGMENT_BYTES = 1 << 20
# What may wait for a slow disk, of fat chunks and of the others. They are shared with the ring, no copies: this bounds
# how late they reach the disk. More than half of the ring's window never waits.
QUEUE_BYTES = 64 << 20
SYNC_EVERY_S = 1.0
# Header, footer and the metadata record in front of carried chunks, generously.
OPENING_BYTES = 4096

log = get_logger(__name__)


class Spool:
    """Segments on disk in a directory of this run's own, written by one thread and synced by another.

    It serves one ring.

    ``max_bytes`` bounds the segments together: the oldest are deleted. The disk is never waited for: when it is full or
    falls more than 64 MiB or half the window behind, chunks are left out of the spool (``skipped_chunks``), ``problem``
    says why, and the ring in RAM goes on. A disk too slow for the fat chunks still gets the others, which go first.
    """

    def __init__(
        self,
        directory: Path,
        *,
        max_bytes: int,
        segment_bytes: int = 64 << 20,
        fsync: FsyncPolicy = "second",
    ) -> None:
        self.max_bytes = max_bytes
        # At least four segments, so that deleting one never deletes most of the history.
        self._segment_bytes = max(SMALLEST_SEGMENT_BYTES, min(segment_bytes, max_bytes // 4))
        self._fsync: FsyncPolicy = fsync
        self._run = runs.RunDirectory.make(directory)
        self._registry = Registry()
        self._segment: Segment | None = None
        self._current: Stretch | None = None
        self._full: list[Stretch] = []  # finished segments, oldest first
        self._made = 0
        self._carried: dict[int, list[SealedChunk]] = {}  # latched channel -> the chunks with its last messages
        self._synced_at = time.monotonic()
        self._unsynced = self._sync_wanted = False
        self._urgent, self._fat = Waiting(), Waiting()
        self._most_queued_bytes = QUEUE_BYTES
        self._busy = False
        self._closing = False
        self.problem: str | None = None
        self.skipped_chunks = 0
        self._changed = threading.Condition()
        self._syncer = Syncer()
        # Before there is anything to lose: making a file can take a busy disk seconds.
        self._attempt(self._open_first)
        self._thread = threading.Thread(target=self._write_until_closed, name="pilothouse-spool", daemon=True)
        self._thread.start()

    leftovers = staticmethod(runs.leftovers)

    @property
    def path(self) -> Path:
        """The directory of this run."""
        return self._run.path

    @property
    def size_bytes(self) -> int:
        """Bytes of disk the segments have reserved."""
        with self._changed:
            current = self._segment.capacity if self._segment else 0
            return current + self._full_bytes

    @property
    def is_behind(self) -> bool:
        """Whether anything waits to be written or is being written."""
        return self._busy or bool(self._urgent.chunks or self._fat.chunks)

    def attach(self, registry: Registry, *, window_bytes: int = 2 * QUEUE_BYTES) -> None:
        """Where the channels of the chunks to come are described, and how many bytes the ring holds."""
        self._registry = registry
        self._most_queued_bytes = min(QUEUE_BYTES, window_bytes // 2)

    def put(self, chunk: SealedChunk, group: Group = "small") -> None:
        """Queue a chunk for the disk; returns at once."""
        waiting = self._fat if group == "fat" else self._urgent
        with self._changed:
            if self._closing:
                return
            if waiting.chunks and waiting.bytes + chunk.size_bytes > self._most_queued_bytes:
                self._skip(self._slow)
                return
            waiting.add(chunk, group)
            self._changed.notify_all()

    def forget(self, numbers: Iterable[int]) -> None:
        """The ring let go of these chunks: those that still wait go too, or memory would hold them beside the ring."""
        with self._changed:
            for number in numbers:
                if self._fat.take(number) or self._urgent.take(number, but="latched"):
                    self._skip(self._slow)

    def placed(self, chunk: SealedChunk) -> SpooledChunk | None:
        """The chunk by its place on the disk, which is kept as long as that is held; None where it has none.

        All but two segments may be kept like that: newer history needs room to be written.
        """
        with self._changed:
            stretches = [*self._full, *([self._current] if self._current else [])]
            found = next((one for one in reversed(stretches) if chunk.number in one.offsets), None)
            if found is None:
                return None
            if not found.is_pinned:
                kept = sum(self._segment_bytes for one in stretches if one.is_pinned)
                if kept + 3 * self._segment_bytes > self.max_bytes:
                    return None
            try:
                return SpooledChunk.of(chunk, found.pinned(), found.offsets[chunk.number])
            except OSError:
                return None

    def flush(self) -> None:
        """Wait until everything put before is written, and synced unless the policy is never."""
        with self._changed:
            self._sync_wanted = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not (self.is_behind or self._sync_wanted) or self._closing)
        self._syncer.wait()

    def close(self) -> None:
        """Write and sync what is queued and let go of the directory, which is then a leftover. Idempotent."""
        self._end()
        if self._segment is not None:
            self._attempt(self._finish_segment)
        self._syncer.stop()
        self._run.release()

    def discard(self) -> None:
        """The end of a clean run: delete the directory. Idempotent."""
        self._end()
        self._syncer.stop()
        if self._segment is not None:
            self._segment.abandon()
            self._segment = None
        self._run.remove()

    def _end(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _write_until_closed(self) -> None:
        closing = False
        while not closing or self.is_behind:
            with self._changed:
                if not (self.is_behind or self._sync_wanted or self._closing):
                    self._changed.wait(SYNC_EVERY_S if self._unsynced else None)
                self._busy, sync_wanted, closing = True, self._sync_wanted, self._closing
                count = len(self._urgent.chunks) + len(self._fat.chunks)
            # Not until nothing waits: under load that may never be, and what is written wants to be synced.
            for _ in range(count):
                self._store_next()
            self._sync_if_due(asked=sync_wanted or closing)
            with self._changed:
                self._busy = False
                self._sync_wanted = self._sync_wanted and not sync_wanted
                self._changed.notify_all()

    def _store_next(self) -> None:
        # In a method of its own: whoever waits for more must not hold the last one in memory.
        if (taken := self._next()) is not None:
            self._store(*taken)

    def _next(self) -> tuple[SealedChunk, Group] | None:
        with self._changed:
            return self._urgent.pop() or self._fat.pop()

    def _store(self, chunk: SealedChunk, group: Group) -> None:
        try:
            if self._segment is None or not self._segment.has_room_for(chunk):
                self._rotate(chunk)
            assert self._segment is not None
            assert self._current is not None
            offset = self._segment.write(chunk, self._registry)
            with self._changed:
                self._current.offsets[chunk.number] = offset
        except Exception as error:  # noqa: BLE001 - whatever it is, the spool tries again with the next chunk
            said = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else repr(error)
            with self._changed:
                self._skip(f"{self._run.path} cannot be written ({said})")
        else:
            self._unsynced = True
            self._note_recovery()
        if group == "latched":
            for channel_id in chunk.counts:
                self._carry(channel_id, chunk)

    def _carry(self, channel_id: int, chunk: SealedChunk) -> None:
        """From now on new segments begin with this too; as much of a channel as the ring keeps beyond its window."""
        said = self._carried.setdefault(channel_id, [])
        said.append(chunk)
        while len(said) > MOST_MESSAGES or (len(said) > 1 and sum(one.size_bytes for one in said) > MOST_BYTES):
            del said[0]

    def _finish_segment(self) -> None:
        assert self._segment is not None
        segment, self._segment = self._segment, None
        if self._fsync != "never":
            self._syncer.put(segment.file, must=True)
        segment.finish()
        with self._changed:
            assert self._current is not None
            self._current.size_bytes = segment.size_bytes
            self._full.append(self._current)
            self._current = None

    def _rotate(self, chunk: SealedChunk) -> None:
        if self._segment is not None:
            self._finish_segment()
        chunks = {one.number: one for said in self._carried.values() for one in said}
        carried = [chunks[number] for number in sorted(chunks)]
        described = sum(map(len, self._registry.schema_records() + self._registry.channel_records()))
        needed = described + sum(one.size_bytes for one in carried) + chunk.size_bytes + OPENING_BYTES
        capacity = max(self._segment_bytes, needed)
        self._segment = self._new_segment(capacity)
        self._segment.carry(carried, self._registry)

    def _make_room(self, capacity: int) -> None:
        if capacity > self.max_bytes:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        while self._full and self._full_bytes + capacity > self.max_bytes:
            self._delete_oldest()

    @property
    def _full_bytes(self) -> int:
        return sum(one.size_bytes for one in self._full)

    def _open_first(self) -> None:
        self._segment = self._new_segment(self._segment_bytes)

    def _new_segment(self, capacity: int) -> Segment:
        self._make_room(capacity)
        while True:
            self._made += 1
            try:
                segment = Segment(self._run.path / f"{self._made:08d}.mcap", capacity)
                self._current = Stretch(segment.path)
                if self._fsync != "never":
                    self._syncer.put_directory(self._run.path)
                return segment
            except OSError as error:
                # On a full disk the newest history is worth more than our own oldest.
                if error.errno not in NO_ROOM or not self._full:
                    raise
                self._delete_oldest()

    def _delete_oldest(self) -> None:
        """The oldest that nobody needs; raises OSError when all are needed."""
        with self._changed:
            oldest = next((one for one in self._full if not one.is_pinned), None)
            if oldest is None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._full.remove(oldest)
        oldest.path.unlink(missing_ok=True)

    def _sync_if_due(self, *, asked: bool) -> None:
        if self._segment is None or not self._unsynced or self._fsync == "never":
            return
        now = time.monotonic()
        if not asked and self._fsync == "second" and now - self._synced_at < SYNC_EVERY_S:
            return
        if self._syncer.put(self._segment.file, must=asked):
            self._synced_at, self._unsynced = now, False

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError as error:
            log.warning("spool not closed", path=str(self._run.path), reason=os.strerror(error.errno or 0))

    @property
    def _slow(self) -> str:
        return f"the disk under {self._run.path} is too slow for what is recorded"

    def _skip(self, reason: str) -> None:
        self.skipped_chunks += 1
        if self.problem is None:
            log.warning("spool interrupted, the ring in memory goes on", reason=reason)
        self.problem = reason

    def _note_recovery(self) -> None:
        # Not before nothing waits any more: a disk that is too slow writes one chunk after each it leaves out.
        if self.problem is not None and not (self._urgent.chunks or self._fat.chunks):
            log.info("spool works again", skipped_chunks=self.skipped_chunks)
            self.problem = None
