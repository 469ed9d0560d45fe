"""What recordings lack, topic by topic: what left the ring too early, and what never came into it."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import Snapshot
from pilothouse.mcap.ring.lost import Lost

LATEST_NS = (1 << 64) - 1
# Where messages are counted that came without a topic, or with one nobody knows.
NO_TOPIC = ""


@dataclass(frozen=True, slots=True)
class Losses:
    """Messages of each topic that left the ring too early, were thinned out, none, too large for it, or never came."""

    dropped: dict[str, int] = field(default_factory=dict)
    thinned: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    too_large: dict[str, int] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)


class LeftOut:
    """Messages that never came into the ring: counted since the start, by time for as long as a recording may hold it.

    Times that memory has no room for go into a file in ``directory``. Any thread may call.
    """

    def __init__(self, keep_s: float, directory: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._newest_ns: dict[str, int] = {}
        self._times: Lost[str] = Lost(directory)
        self._unplaced: Counter[str] = Counter()  # before there was any message time
        self.keep(keep_s)

    def keep(self, keep_s: float) -> None:
        """From now on times are kept so long."""
        self._keep_ns = round(keep_s * NS_PER_S)

    def add(self, topic: str, at_ns: int | None, count: int = 1) -> None:
        """So many more, in message time; None while no message has come that could tell it."""
        with self._lock:
            self._counts[topic] += count
            if at_ns is None:
                self._unplaced[topic] += count
            else:
                self._place(at_ns)
                self._note(topic, at_ns, count)

    def take_back(self, topic: str, at_ns: int) -> None:
        """One that was left out at that time has come after all."""
        with self._lock:
            self._counts[topic] -= 1
            self._times.take_back(topic, min(max(at_ns, 0), LATEST_NS))

    @property
    def counts(self) -> dict[str, int]:
        """How many since the start."""
        with self._lock:
            return dict(self._counts)

    def within(self, start_ns: int, end_ns: int) -> dict[str, int]:
        """How many of each topic belong to a window, both ends included."""
        with self._lock:
            self._place(start_ns)
            return dict(self._times.within(start_ns, end_ns))

    def _place(self, at_ns: int) -> None:
        unplaced, self._unplaced = self._unplaced, Counter()
        for topic, count in unplaced.items():
            self._note(topic, at_ns, count)

    def _note(self, topic: str, at_ns: int, count: int) -> None:
        at_ns = min(max(at_ns, 0), LATEST_NS)
        newest_ns = self._newest_ns.get(topic, at_ns)
        self._newest_ns[topic] = max(at_ns, newest_ns)
        # One with a time of its own, far ahead, makes nobody forget the others.
        self._times.add_many(topic, at_ns, count, oldest_kept_ns=min(at_ns, newest_ns) - self._keep_ns)


class Ledger:
    """What a recorder leaves out of what it is told, and what it is not told."""

    def __init__(self, keep_s: float, directory: Path | None = None) -> None:
        self.thinned = LeftOut(keep_s, directory)
        self.rejected = LeftOut(keep_s, directory)
        self.too_large = LeftOut(keep_s, directory)
        self.missed = LeftOut(keep_s, directory)

    def keep(self, keep_s: float) -> None:
        """From now on recordings may reach back so far."""
        for one in self._all:
            one.keep(keep_s)

    def losses(self, snapshot: Snapshot, end_ns: int) -> Losses:
        """What a window lacks; it may last longer than its messages do."""
        window = (snapshot.start_ns, max(snapshot.end_ns, end_ns))
        return Losses(dict(snapshot.dropped), *(one.within(*window) for one in self._all))

    @property
    def _all(self) -> tuple[LeftOut, ...]:
        return self.thinned, self.rejected, self.too_large, self.missed
