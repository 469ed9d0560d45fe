"""What left too early, by when it was said: so that a recording can tell exactly what is missing from it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Hashable, Iterable
from itertools import repeat
from typing import Generic, TypeVar

# 512 KiB of times. Of what was lost before, by so many, only when it began and ended is known.
MOST_TIMES = 1 << 16
# Once this part of a channel's times is too old they are let go of.
STALE_PART = 4
# More than so many at one moment are kept as one number, and of such moments so many of each.
MOST_EACH, MOST_MOMENTS = 256, 256
Key = TypeVar("Key", bound=Hashable)
Span = tuple[int, int, int]
"""First and last time, and how many messages between them."""


class Lost(Generic[Key]):
    """Log times of lost messages, by channel or topic, for as long as they may belong to a window. Not thread-safe."""

    def __init__(self, *, most_times: int = MOST_TIMES) -> None:
        self._most_times = most_times
        self._times: dict[Key, array[int]] = {}
        self._spans: dict[Key, list[Span]] = {}
        self._count = 0

    def add(self, key: Key, times_ns: Iterable[int], *, oldest_kept_ns: int) -> None:
        """These are lost; what is older than ``oldest_kept_ns`` belongs to no window any more."""
        known = self._times.setdefault(key, array("Q"))
        before = len(known)
        known.extend(times_ns)
        # Looking at all of them for a few each time would cost the thread that seals.
        if known[len(known) // STALE_PART] < oldest_kept_ns:
            known = self._times[key] = array("Q", (one for one in known if one >= oldest_kept_ns))
            spans = self._spans.get(key, ())
            self._spans[key] = [one for one in spans if one[1] >= oldest_kept_ns]
        self._count += len(known) - before
        while self._count > self._most_times:
            self._summarise()

    def add_many(self, key: Key, at_ns: int, count: int, *, oldest_kept_ns: int) -> None:
        """So many are lost at one moment."""
        if count <= MOST_EACH:
            self.add(key, repeat(at_ns, count), oldest_kept_ns=oldest_kept_ns)
            return
        spans = [one for one in self._spans.get(key, ()) if one[1] >= oldest_kept_ns]
        if len(spans) >= MOST_MOMENTS:
            (first, _, size), (_, last, more), *spans = spans
            spans.insert(0, (first, last, size + more))
        self._times.setdefault(key, array("Q"))
        self._spans[key] = [*spans, (at_ns, at_ns, count)]

    def take_back(self, key: Key, at_ns: int) -> None:
        """One that was said to be lost at that moment has come after all."""
        times = self._times.get(key, array("Q"))
        if at_ns in times:
            times.remove(at_ns)
            self._count -= 1
            return
        spans = self._spans.get(key, [])
        index = next((number for number, one in enumerate(spans) if one[0] <= at_ns <= one[1]), None)
        if index is not None:
            first, last, size = spans[index]
            spans[index] = first, last, size - 1

    def within(self, start_ns: int, end_ns: int) -> Counter[Key]:
        """How many messages of each are missing from a window, both ends included."""
        found: Counter[Key] = Counter()
        for key, times in self._times.items():
            count = sum(start_ns <= one <= end_ns for one in times)
            for first, last, size in self._spans.get(key, ()):
                count += round(size * _share(first, last, start_ns, end_ns))
            if count:
                found[key] = count
        return found

    def _summarise(self) -> None:
        """Of the one that lost most, the older half becomes one span."""
        key = max(self._times, key=lambda one: len(self._times[one]))
        times = self._times[key]
        half = max(1, len(times) // 2)
        older = times[:half]
        self._times[key] = times[half:]
        self._spans.setdefault(key, []).append((min(older), max(older), half))
        self._count -= half


def _share(first: int, last: int, start_ns: int, end_ns: int) -> float:
    """The part of a span that lies within a window."""
    if start_ns <= first and last <= end_ns:
        return 1.0
    inside = min(last, end_ns) - max(first, start_ns)
    return max(0.0, inside / (last - first)) if last > first else 0.0
