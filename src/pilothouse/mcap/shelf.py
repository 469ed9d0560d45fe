"""Where sealed chunks stand: a window in time, a budget in bytes, a share of it for each group of channels."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterator
from operator import attrgetter

from pilothouse.mcap.chunks import OpenChunk, SealedChunk
from pilothouse.mcap.model import Group
from pilothouse.mcap.records import INDEX_ENTRY
from pilothouse.mcap.snapshot import Held, last_before
from pilothouse.mcap.timeline import Timeline

# What each group may keep when all of them want more. A group takes what others leave free, and gives it back when
# they need it, so that ten seconds of video can never cost a second of telemetry.
SHARES: dict[Group, float] = {"fat": 0.70, "small": 0.25, "latched": 0.05}

_by_number = attrgetter("number")


class Shelf:
    """The sealed chunks of a ring. Not thread-safe: the ring holds a lock."""

    def __init__(self, *, window_ns: int, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.timeline = Timeline(window_ns)
        self.groups: dict[Group, list[SealedChunk]] = {group: [] for group in SHARES}
        self.bytes: Counter[Group] = Counter()
        self.held: dict[int, Held] = {}
        self.newest: dict[int, int] = {}  # channel -> its newest log time
        self.left: Counter[int] = Counter()  # channel -> messages that have left
        self.dropped: Counter[int] = Counter()  # channel -> of those, the ones whose window had not passed

    def put(self, group: Group, chunk: SealedChunk) -> None:
        """Take in a chunk and let go of what no longer fits."""
        insort(self.groups[group], chunk, key=_by_number)
        self.bytes[group] += chunk.resident_bytes
        for channel_id, newest_ns in chunk.latest.items():
            self.newest[channel_id] = max(newest_ns, self.newest.get(channel_id, 0))
        self.timeline.observe(chunk.typical_ns)
        self._let_the_past_go()
        self._keep_to_the_budget()

    def lose(self, chunk: OpenChunk) -> None:
        """Account for a chunk that could not be sealed for want of memory."""
        counts = {channel_id: len(one) // INDEX_ENTRY.size for channel_id, one in chunk.entries.items()}
        self.left.update(counts)
        self.dropped.update(counts)

    def chunks(self) -> Iterator[SealedChunk]:
        """Every chunk, group by group."""
        return (one for chunks in self.groups.values() for one in chunks)

    def within(self, start_ns: int, end_ns: int) -> tuple[SealedChunk, ...]:
        """Chunks that may hold messages of a window, in the order they were filled."""
        return tuple(
            sorted((c for c in self.chunks() if c.newest_ns >= start_ns and c.oldest_ns <= end_ns), key=_by_number)
        )

    def latched_before(self, start_ns: int) -> tuple[SealedChunk, ...]:
        """Chunks of latched channels with messages before a time."""
        return tuple(one for one in self.groups["latched"] if one.oldest_ns < start_ns)

    def _let_the_past_go(self) -> None:
        limit_ns = self.timeline.oldest_kept_ns
        for group, chunks in self.groups.items():
            if any(one.newest_ns < limit_ns for one in chunks):
                for one in [one for one in chunks if one.newest_ns < limit_ns]:
                    self._remove(group, one)

    def _keep_to_the_budget(self) -> None:
        while self.bytes.total() > self.max_bytes:
            group = max(SHARES, key=lambda one: self.bytes[one] - SHARES[one] * self.max_bytes)
            oldest = self.groups[group][0]
            self._remove(group, oldest)
            self.dropped.update(oldest.counts)

    def _remove(self, group: Group, chunk: SealedChunk) -> None:
        self.groups[group].remove(chunk)
        self.bytes[group] -= chunk.resident_bytes
        self.left.update(chunk.counts)
        if group == "latched":
            for channel_id, one in last_before(chunk.raw(), 2**64, chunk.counts).items():
                known = self.held.get(channel_id)
                if known is None or one.log_time_ns >= known.log_time_ns:
                    self.held[channel_id] = one
