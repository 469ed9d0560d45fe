"""What left too early, by when it was said: so that a recording can tell exactly what is missing from it."""

from __future__ import annotations

import errno
import os
import weakref
import zlib
from array import array
from collections import Counter, deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import mkstemp
from typing import Generic, TypeVar

# Moments that are kept as they are, 256 KiB of them. Older ones are packed.
MOST_MOMENTS = 1 << 14
# So many are packed together.
BLOCK = 1 << 10
# What has fewer is not packed: knowing of a block costs as much.
LEAST_BLOCK = 64
# Some 350,000 moments, packed. Older ones wait in a file: a disk that is busy is not waited for before.
MOST_PACKED_BYTES = 1 << 20
MOMENT_BYTES = 16
# What the Python objects of each take beside them.
KEY_BYTES, BLOCK_BYTES = 500, 350
# As much of the file as any block takes.
PLACE_BYTES = 32 * BLOCK
# Once this part of a channel's moments is too old they are let go of.
STALE_PART = 4
WORD = (1 << 64) - 1
Key = TypeVar("Key", bound=Hashable)


class _Moments:
    """Times, and how many were lost at each; fewer than none where something has come after all."""

    __slots__ = ("counts", "times")

    def __init__(self, times: array[int] | None = None, counts: array[int] | None = None) -> None:
        self.times = array("Q") if times is None else times
        self.counts = array("q") if counts is None else counts

    def __len__(self) -> int:
        return len(self.times)

    def cut(self, size: int) -> _Moments:
        """The first so many, which are no longer here."""
        first = _Moments(self.times[:size], self.counts[:size])
        del self.times[:size], self.counts[:size]
        return first

    def forget(self, before_ns: int) -> None:
        kept = [place for place, one in enumerate(self.times) if one >= before_ns]
        self.times = array("Q", (self.times[place] for place in kept))
        self.counts = array("q", (self.counts[place] for place in kept))

    def within(self, start_ns: int, end_ns: int) -> int:
        moments = zip(self.times, self.counts, strict=True)
        return sum(count for one, count in moments if start_ns <= one <= end_ns)

    def packed(self) -> bytes:
        """Steps in place of times: of a steady stream they are small, and alike."""
        steps = array("Q", (self.times[0], *((after - one) & WORD for one, after in pairwise(self.times))))
        return zlib.compress(steps.tobytes() + self.counts.tobytes(), 1)

    @classmethod
    def unpacked(cls, packed: bytes) -> _Moments:
        words = zlib.decompress(packed)
        steps, counts = array("Q", words[: len(words) // 2]), array("q", words[len(words) // 2 :])
        return cls(array("Q", accumulate(steps, lambda one, step: (one + step) & WORD)), counts)


@dataclass(slots=True, eq=False)
class _Block:
    """Moments that are packed, and what is asked of them most."""

    first_ns: int
    last_ns: int
    count: int
    packed: bytes
    """Empty while they lie in the file."""
    place: int = -1
    size: int = 0


class _File:
    """Blocks on disk, under no name: it ends with the process. Made when the first is written."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._descriptor: int | None = None
        self._free: list[int] = []
        self._places = 0

    def write(self, packed: bytes) -> int:
        """The place where it lies; raises OSError."""
        if self._descriptor is None:
            self._descriptor, path = mkstemp(prefix=".lost-", dir=self._directory)
            weakref.finalize(self, os.close, self._descriptor)
            Path(path).unlink()
        place = self._free[-1] if self._free else self._places
        if os.pwrite(self._descriptor, packed, place * PLACE_BYTES) < len(packed):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._free:
            self._free.pop()
        else:
            self._places += 1
        return place

    def read(self, place: int, size: int) -> bytes:
        assert self._descriptor is not None, "a place is known only of what was written"
        return os.pread(self._descriptor, size, place * PLACE_BYTES)

    def free(self, place: int) -> None:
        self._free.append(place)


class Lost(Generic[Key]):
    """Log times of lost messages, by channel or topic, for as long as they may belong to a window. Not thread-safe.

    However many are lost, all are counted. They take some 3 bytes each: up to 1.3 MiB in memory, the rest in a file.
    """

    def __init__(
        self, directory: Path | None = None, *, most_moments: int = MOST_MOMENTS, most_bytes: int = MOST_PACKED_BYTES
    ) -> None:
        self._most_moments, self._most_bytes = most_moments, most_bytes
        self._recent: dict[Key, _Moments] = {}
        self._size = 0
        self._blocks: dict[Key, list[_Block]] = {}
        self._block_count = 0
        self._in_memory: deque[_Block] = deque()  # the oldest first
        self._bytes = 0
        self._file = _File(directory)

    @property
    def resident_bytes(self) -> int:
        """Bytes it takes in memory, about."""
        objects = len(self._recent) * KEY_BYTES + self._block_count * BLOCK_BYTES
        return self._size * MOMENT_BYTES + self._bytes + objects

    def add(self, key: Key, times_ns: Iterable[int], *, oldest_kept_ns: int) -> None:
        """These are lost; what is older than ``oldest_kept_ns`` belongs to no window any more."""
        times = array("Q", times_ns)
        self._add(key, times, array("q", [1]) * len(times), oldest_kept_ns)

    def add_many(self, key: Key, at_ns: int, count: int, *, oldest_kept_ns: int) -> None:
        """So many are lost at one moment."""
        self._add(key, array("Q", [at_ns]), array("q", [count]), oldest_kept_ns)

    def take_back(self, key: Key, at_ns: int) -> None:
        """One that was said to be lost at that moment has come after all."""
        self._add(key, array("Q", [at_ns]), array("q", [-1]), 0)

    def within(self, start_ns: int, end_ns: int) -> Counter[Key]:
        """How many messages of each are missing from a window, both ends included."""
        found: Counter[Key] = Counter()
        for key, recent in self._recent.items():
            count = recent.within(start_ns, end_ns)
            for block in self._blocks.get(key, ()):
                if start_ns <= block.first_ns and block.last_ns <= end_ns:
                    count += block.count
                elif start_ns <= block.last_ns and block.first_ns <= end_ns:
                    count += self._part(block, start_ns, end_ns)
            if count > 0:
                found[key] = count
        return found

    def _part(self, block: _Block, start_ns: int, end_ns: int) -> int:
        try:
            packed = block.packed or self._file.read(block.place, block.size)
            return _Moments.unpacked(packed).within(start_ns, end_ns)
        except (OSError, zlib.error):
            # A disk that has died takes no recording with it: rather too many are said to be missing.
            return block.count

    def _add(self, key: Key, times: array[int], counts: array[int], oldest_kept_ns: int) -> None:
        recent = self._recent.setdefault(key, _Moments())
        before = len(recent)
        recent.times.extend(times)
        recent.counts.extend(counts)
        # Looking at all of them for a few each time would cost the thread that seals.
        if times and recent.times[len(recent) // STALE_PART] < oldest_kept_ns:
            recent.forget(oldest_kept_ns)
        self._size += len(recent) - before
        self._let_the_past_go(key, oldest_kept_ns)
        while self._size > self._most_moments and self._pack():
            pass
        while self._bytes > self._most_bytes and self._move_out():
            pass

    def _let_the_past_go(self, key: Key, oldest_kept_ns: int) -> None:
        blocks = self._blocks.get(key)
        while blocks and blocks[0].last_ns < oldest_kept_ns:
            block = blocks.pop(0)
            self._block_count -= 1
            if block.packed:
                self._in_memory.remove(block)
                self._bytes -= len(block.packed)
            else:
                self._file.free(block.place)

    def _pack(self) -> bool:
        """The oldest of the one that lost most; False if none has enough of them."""
        key = max(self._recent, key=lambda one: len(self._recent[one]))
        if len(self._recent[key]) < LEAST_BLOCK:
            return False
        oldest = self._recent[key].cut(BLOCK)
        block = _Block(min(oldest.times), max(oldest.times), sum(oldest.counts), oldest.packed())
        self._blocks.setdefault(key, []).append(block)
        self._block_count += 1
        self._in_memory.append(block)
        self._size -= len(oldest)
        self._bytes += len(block.packed)
        return True

    def _move_out(self) -> bool:
        """The oldest block; False if the disk does not take it, and then it stays."""
        block = self._in_memory[0]
        try:
            block.place, block.size = self._file.write(block.packed), len(block.packed)
        except OSError:
            return False
        self._in_memory.popleft()
        self._bytes -= block.size
        block.packed = b""
        return True
