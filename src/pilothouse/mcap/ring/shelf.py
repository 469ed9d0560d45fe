"""Where sealed chunks stand: a window in time, a budget in bytes, a share of it for each group of channels."""

from __future__ import annotations

from array import array
from bisect import insort
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap.model import Group
from pilothouse.mcap.records import INDEX_ENTRY
from pilothouse.mcap.ring.beside import Beside
from pilothouse.mcap.ring.lost import Lost
from pilothouse.mcap.ring.timeline import Timeline
from pilothouse.mcap.writing.chunks import OpenChunk, SealedChunk, unpacked
from pilothouse.mcap.writing.keeping import LEAVES_FIRST, Place
from pilothouse.mcap.writing.latched import Latched

# What each group may keep when all of them want more. A group takes what others leave free, and gives it back when
# they need it, so that ten seconds of video can never cost a second of telemetry.
SHARES: dict[Group, float] = {"fat": 0.70, "small": 0.25, "latched": 0.05}

# However much is beside it, an eighth of the budget is the ring's.
LEAST_PART = 8

_by_number = attrgetter("number")


@dataclass(slots=True)
class Row:
    """The chunks of one place, oldest first, and the present by their own clock.

    Sources stamp with clocks of their own: a camera that is an hour ahead must not make telemetry look an hour old.
    """

    place: Place
    timeline: Timeline
    passed_ns: int  # what the shelf's had come to when it last spoke
    chunks: list[SealedChunk] = field(default_factory=list)
    bytes: int = 0
    spared: SealedChunk | None = None  # the first after a jump: too old by a present that may be wrong

    def observe(self, chunk: SealedChunk, passed_ns: int) -> int:
        """A chunk comes; answers how much message time has passed by now, by this clock or that of another place."""
        before_ns = self.timeline.now_ns
        self.timeline.observe(chunk.typical_ns)
        self.spared = chunk if self.timeline.doubts else None
        moved_ns = 0 if before_ns is None or self.timeline.now_ns is None else self.timeline.now_ns - before_ns
        jumped = not 0 <= moved_ns <= self.timeline.window_ns
        self.passed_ns = passed_ns if jumped else self.passed_ns + moved_ns
        return max(passed_ns, self.passed_ns)

    def oldest_kept_ns(self, passed_ns: int, presents: Collection[int]) -> int:
        """Chunks whose newest message is older than this may leave; while others speak, time passes here too."""
        keep_s = self.place.keep.keep_s
        span_ns = self.timeline.window_ns if keep_s is None else round(keep_s * NS_PER_S)
        return self.timeline.before(span_ns - self._behind_ns(passed_ns, presents))

    def _behind_ns(self, passed_ns: int, presents: Collection[int]) -> int:
        """How far others have gone on: by what passed since this place spoke, and not more than clocks that agree say.

        Chunks of a burst are sealed in any order, so what passed in between says too much; clocks that differ by a
        little would say too much in a steady stream.
        """
        since_ns, now_ns, window_ns = passed_ns - self.passed_ns, self.timeline.now_ns, self.timeline.window_ns
        agreeing = [] if now_ns is None else [one - now_ns for one in presents if abs(one - now_ns) <= window_ns]
        # Its own present is among them: alone it agrees with nobody.
        return min(since_ns, max(agreeing)) if len(agreeing) > 1 else since_ns

    @property
    def leaves(self) -> tuple[int, int]:
        """Within a group the smallest of these goes first: low priority, then age."""
        return LEAVES_FIRST[self.place.keep.priority], self.chunks[0].number


class Shelf:
    """The sealed chunks of a ring. Not thread-safe: the ring holds a lock."""

    def __init__(
        self,
        *,
        window_ns: int,
        max_bytes: int,
        beside: Beside | None = None,
        sealing: Callable[[], int] = lambda: 0,
        directory: Path | None = None,
    ) -> None:
        self.max_bytes = max_bytes
        self.window_ns = window_ns
        self._beside = beside or Beside()
        self._sealing = sealing
        self._passed_ns = 0
        self.rows: dict[Place, Row] = {}
        self.bytes: Counter[Group] = Counter()
        self.held = Latched()
        self.newest: dict[int, int] = {}  # channel -> its newest log time
        self.left: Counter[int] = Counter()  # channel -> messages that have left
        self.dropped: Counter[int] = Counter()  # channel -> of those, the ones whose window had not passed
        self.lost: Lost[int] = Lost(directory)  # and when these were said
        self.gone: list[int] = []  # numbers of the chunks that have left

    def put(self, place: Place, chunk: SealedChunk) -> None:
        """Take in a chunk and let go of what no longer fits."""
        if place not in self.rows:
            self.rows[place] = Row(place, Timeline(self.window_ns), self._passed_ns)
        row = self.rows[place]
        insort(row.chunks, chunk, key=_by_number)
        row.bytes += chunk.resident_bytes
        self.bytes[place.group] += chunk.resident_bytes
        for channel_id, newest_ns in chunk.latest.items():
            self.newest[channel_id] = max(newest_ns, self.newest.get(channel_id, 0))
        self._passed_ns = row.observe(chunk, self._passed_ns)
        self._let_the_past_go()
        self._keep_to_the_budget_of(row)
        self._keep_to_the_budget(spared=chunk if chunk.resident_bytes <= self.max_bytes else None)

    def resize(self, *, window_ns: int, max_bytes: int) -> None:
        """Another window and budget from now on; what no longer fits leaves at once."""
        self.max_bytes = max_bytes
        self.window_ns = window_ns
        for row in self.rows.values():
            row.timeline.window_ns = window_ns
        self._let_the_past_go()
        self._keep_to_the_budget()

    def make_way(self, coming: int = 0) -> None:
        """What is beside has grown, or will by so much: the oldest chunks leave for it, those of fat channels first."""
        self._keep_to_the_budget(coming)

    def lose(self, chunk: OpenChunk) -> None:
        """Account for a chunk that could not be sealed for want of memory."""
        counts = {channel_id: len(one) // INDEX_ENTRY.size for channel_id, one in chunk.entries.items()}
        self.left.update(counts)
        self.dropped.update(counts)
        for channel_id, entries in chunk.entries.items():
            self._lost(chunk.place, channel_id, unpacked(entries))

    def chunks(self) -> Iterator[SealedChunk]:
        """Every chunk, place by place."""
        return (one for row in self.rows.values() for one in row.chunks)

    def within(self, start_ns: int, end_ns: int) -> tuple[SealedChunk, ...]:
        """Chunks that may hold messages of a window, in the order they were filled."""
        return tuple(
            sorted((c for c in self.chunks() if c.newest_ns >= start_ns and c.oldest_ns <= end_ns), key=_by_number)
        )

    def latest(self, after: int) -> list[SealedChunk]:
        """The newest chunk of each place but the latched, if its number is higher, in the order they were filled."""
        rows = (row for row in self.rows.values() if row.chunks and row.place.group != "latched")
        return sorted((row.chunks[-1] for row in rows if row.chunks[-1].number > after), key=_by_number)

    def latched_before(self, start_ns: int) -> tuple[SealedChunk, ...]:
        """Chunks of latched channels with messages before a time."""
        latched = (one for row in self.rows.values() if row.place.group == "latched" for one in row.chunks)
        return tuple(sorted((one for one in latched if one.oldest_ns < start_ns), key=_by_number))

    def _let_the_past_go(self) -> None:
        presents = [row.timeline.now_ns for row in self.rows.values() if row.timeline.now_ns is not None]
        for row in list(self.rows.values()):
            limit_ns = row.oldest_kept_ns(self._passed_ns, presents)
            if any(one.newest_ns < limit_ns for one in row.chunks):
                for one in [one for one in row.chunks if one.newest_ns < limit_ns and one is not row.spared]:
                    self._remove(row, one)
            if not row.chunks:
                del self.rows[row.place]

    def _keep_to_the_budget_of(self, row: Row) -> None:
        max_bytes = row.place.keep.max_bytes
        while max_bytes is not None and row.bytes > max_bytes:
            self._drop_oldest(row)

    def _keep_to_the_budget(self, coming: int = 0, *, spared: SealedChunk | None = None) -> None:
        """What has just come is spared: it never leaves for what is beside it on its own way, which is soon gone."""
        while self.bytes.total() > self.max_bytes // LEAST_PART:
            # It counts as fat: nothing small leaves for it before the fat have had to.
            beside = coming + self._sealing() + self._beside.bytes + self.held.bytes + self.lost.resident_bytes
            if self.bytes.total() + beside <= self.max_bytes:
                return
            over = {one: self.bytes[one] - share * self.max_bytes for one, share in SHARES.items() if self.bytes[one]}
            group = max(over, key=lambda one: over[one] + (beside if one == "fat" else 0))
            rows = [row for row in self.rows.values() if row.place.group == group and row.chunks]
            rows = [row for row in rows if row.chunks[0] is not spared]
            if not rows:
                return
            self._drop_oldest(min(rows, key=lambda row: row.leaves))

    def _drop_oldest(self, row: Row) -> None:
        oldest = row.chunks[0]
        self._remove(row, oldest)
        self.dropped.update(oldest.counts)
        for channel_id, entries in oldest.entries():
            self._lost(row.place, channel_id, entries)

    def _lost(self, place: Place, channel_id: int, entries: array[int]) -> None:
        keep_s = place.keep.keep_s
        span_ns = max(self.window_ns, 0 if keep_s is None else round(keep_s * NS_PER_S))
        times = entries[::2]
        newest_ns = max(self.newest.get(channel_id, 0), *times)
        self.lost.add(channel_id, times, oldest_kept_ns=newest_ns - span_ns)

    def _remove(self, row: Row, chunk: SealedChunk) -> None:
        row.chunks.remove(chunk)
        row.bytes -= chunk.resident_bytes
        self.bytes[row.place.group] -= chunk.resident_bytes
        self.left.update(chunk.counts)
        self.gone.append(chunk.number)
        self._beside.let_go(chunk)
        if row.place.group == "latched":
            self.held.take(chunk.raw(), chunk.counts)
