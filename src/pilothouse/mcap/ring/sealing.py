"""The one thread that seals: chunks go in packed and come out on the shelf and in the spool."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from pilothouse.kit.logs import get_logger
from pilothouse.mcap.codecs import crc32, taste
from pilothouse.mcap.model import Compression
from pilothouse.mcap.ring.lanes import QUEUE_CHUNKS, SMALLEST_CHUNK_BYTES
from pilothouse.mcap.ring.shelf import LEAST_PART, Shelf
from pilothouse.mcap.spool.spool import Spool
from pilothouse.mcap.writing.chunks import OpenChunk, SealedChunk, seal

# A thread that appends without a pause keeps the interpreter to itself: the sealing thread gets it every 5 ms and falls
# behind. Where a chunk waits already, the appending thread makes the CRC of the next one: that lets go of the
# interpreter, and the sealing thread need not ask for it once more. From so many on it stands back for a moment, too,
# which is far cheaper than sealing in its place.
BEHIND_CHUNKS = 2
BREATH_S = 0.0001
# How often open chunks are looked at, as a part of the age they may reach.
LOOKS_PER_AGE = 5

log = get_logger(__name__)


class Sealer:
    """Owns the sealing thread and guards the shelf with ``lock``.

    Whoever holds the ring's lock may take this one, never the other way round.
    """

    def __init__(
        self,
        shelf: Shelf,
        compression: Compression,
        *,
        chunk_s: float,
        chunk_bytes: int,
        take_due: Callable[[int], list[OpenChunk]],
        spool: Spool | None,
    ) -> None:
        self._shelf = shelf
        self._compression: Compression = compression
        self._look_s = chunk_s / LOOKS_PER_AGE
        # A chunk found just too young at one look is sealed at the next: together they make chunk_s.
        self._age_ns = round((chunk_s - self._look_s) * 1e9)
        self._take_due = take_due
        self._spool = spool
        self._queue: deque[OpenChunk] = deque()
        self.chunk_bytes = chunk_bytes
        self._stopping = False
        self.in_flight: dict[int, OpenChunk] = {}  # taken from the ring and not yet on the shelf
        self._packing: dict[int, int] = {}  # of those, what compressing one takes beside it
        self.inline_seals = 0
        self.lock = threading.Lock()
        self._changed = threading.Condition(self.lock)
        self._thread = threading.Thread(target=self._run, name="pilothouse-seal", daemon=True)
        self._thread.start()

    @property
    def lives(self) -> bool:
        """Whether the thread does; it ends only when it is stopped."""
        return self._thread.is_alive()

    @property
    def waiting_bytes(self) -> int:
        """Bytes of the chunks in flight; the caller holds the lock."""
        return sum(len(one.buffer) + sum(map(len, one.entries.values())) for one in self.in_flight.values())

    @property
    def excess_bytes(self) -> int:
        """What chunks in flight and their compression take beyond the room there is for them."""
        chunks = sum(len(one.buffer) for one in list(self.in_flight.values()))  # others may just put one in
        return max(0, chunks + sum(list(self._packing.values())) - QUEUE_CHUNKS * self.chunk_bytes)

    def make_way(self, coming: int = 0) -> None:
        """Let chunks go for messages that are in memory beside them, or will be."""
        with self._changed:
            self._shelf.make_way(coming)
        self._forget_what_is_gone()

    def hand_over(self, chunk: OpenChunk) -> None:
        """Queue a chunk, or seal it here and now when the queue is full.

        A large one waits until it can be queued: the caller then lets go of the message before that is compressed.
        """
        with self._changed:
            if len(chunk.buffer) > self.chunk_bytes + SMALLEST_CHUNK_BYTES:
                self._changed.wait_for(lambda: self._stopping or not self._queue)
            behind = len(self._queue)
            queued = self._has_room_for(chunk) and not self._stopping
            if queued:
                self._queue.append(chunk)
                self._changed.notify_all()
            else:
                self.inline_seals += not self._stopping
        if queued:
            self._help(chunk, behind)
        else:
            self._seal(chunk)

    def _help(self, chunk: OpenChunk, behind: int) -> None:
        """So many were queued before it. Should its turn come meanwhile, both threads make the same CRC."""
        if behind:
            chunk.crc = crc32(chunk.buffer)
        if behind >= BEHIND_CHUNKS:
            time.sleep(BREATH_S)

    def _has_room_for(self, chunk: OpenChunk) -> bool:
        queued = sum(len(one.buffer) for one in self._queue)
        room = QUEUE_CHUNKS * max(self.chunk_bytes, SMALLEST_CHUNK_BYTES) - queued
        return not self._queue or (len(self._queue) < QUEUE_CHUNKS and len(chunk.buffer) <= room)

    def wait_for_room(self, coming: int) -> None:
        """Wait until so large a message would not meet others that are being compressed."""

        def has_room() -> bool:
            excess = self.excess_bytes
            return self._stopping or excess == 0 or excess + coming <= self._shelf.max_bytes // LEAST_PART

        with self._changed:
            self._changed.wait_for(has_room)

    def wait_for(self, number: int) -> None:
        """Wait until every chunk up to this number is on the shelf."""
        with self._changed:
            self._changed.wait_for(lambda: not any(one <= number for one in self.in_flight))

    def stop(self) -> None:
        """Seal what is queued and end the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        look_at = time.monotonic() + self._look_s
        while True:
            with self._changed:
                if not self._queue and not self._stopping:
                    self._changed.wait(max(0.0, look_at - time.monotonic()))
                chunk = self._queue.popleft() if self._queue else None
                self._changed.notify_all()
                if chunk is None and self._stopping:
                    return
            if chunk is not None:
                self._seal(chunk)
                chunk = None  # whoever waits for more must not hold it in memory
            # Not after each chunk: this takes the lock that every message needs.
            if time.monotonic() >= look_at:
                self._seal_due()
                look_at = time.monotonic() + self._look_s

    def _seal_due(self) -> None:
        for due in self._take_due(self._age_ns):
            self._seal(due)

    def _seal(self, chunk: OpenChunk) -> None:
        sealed = self._sealed(chunk)
        # Before the shelf: whoever waits for a chunk may then flush the spool and find it there.
        if self._spool is not None and sealed is not None:
            self._spool.put(sealed, chunk.place.group)
        with self._changed:
            del self.in_flight[chunk.number]
            self._packing.pop(chunk.number, None)
            if sealed is None:
                self._shelf.lose(chunk)
            else:
                self._shelf.put(chunk.place, sealed)
            self._changed.notify_all()
        self._forget_what_is_gone()

    def _forget_what_is_gone(self) -> None:
        """What the ring has let go of must not wait for the disk in memory."""
        with self.lock:
            gone, self._shelf.gone = self._shelf.gone, []
        if self._spool is not None and gone:
            self._spool.forget(gone)

    def _sealed(self, chunk: OpenChunk) -> SealedChunk | None:
        chosen, packing = self._compression, len(chunk.buffer)
        # Chunks of several messages repeat what a taste does not tell: pictures of a scene in which nothing moves.
        if chunk.place.group == "fat" and packing > 2 * self.chunk_bytes:
            chosen, packing = taste(chunk.buffer, self._compression)
        self._packing[chunk.number] = packing
        if packing > self.chunk_bytes:
            self.make_way()
        for compression in (chosen, "none"):
            try:
                return seal(chunk, compression)
            except Exception as error:  # noqa: BLE001 - one bad chunk must never end the thread that keeps the others
                log.error("chunk not sealed", compression=compression, reason=repr(error), bytes=len(chunk.buffer))
        return None
