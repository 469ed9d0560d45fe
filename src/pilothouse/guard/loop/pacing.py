"""Absolute deadlines: a late cycle never shifts those after it."""

from __future__ import annotations

import time
from typing import Protocol

NS_PER_S = 1_000_000_000


class Pacer(Protocol):
    """Time as the loop feels it; tests bring their own."""

    def monotonic_ns(self) -> int: ...

    def now_ns(self) -> int: ...

    def sleep_until(self, monotonic_ns: int) -> None: ...

    def left_s(self, until_ns: int) -> float:
        """How long to wait for somebody who must be back by then."""
        ...

    def timer(self) -> float:
        """Seconds from any moment, to measure with."""
        ...


class RealPacer:
    """The machine's own time."""

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def now_ns(self) -> int:
        return time.time_ns()

    def sleep_until(self, monotonic_ns: int) -> None:
        left_ns = monotonic_ns - time.monotonic_ns()
        if left_ns > 0:
            time.sleep(left_ns / NS_PER_S)

    def left_s(self, until_ns: int) -> float:
        return (until_ns - time.monotonic_ns()) / NS_PER_S

    timer = staticmethod(time.perf_counter)


class Ticks:
    """The times at which cycles are due. Pure."""

    def __init__(self, first_ns: int, period_ns: int) -> None:
        self.due_ns = first_ns
        self.period_ns = period_ns

    @property
    def deadline_ns(self) -> int:
        """When the cycle under way should be done: as the next is due."""
        return self.due_ns + self.period_ns

    def advance(self, now_ns: int) -> int:
        """Go on to the next tick that is not over; answers how many were left out."""
        self.due_ns += self.period_ns
        behind_ns = now_ns - self.due_ns
        if behind_ns < self.period_ns:
            return 0
        skipped = behind_ns // self.period_ns
        self.due_ns += skipped * self.period_ns
        return skipped
