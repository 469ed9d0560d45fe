"""The clock is injected: only programs read the real one."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

NS_PER_S = 1_000_000_000


class Clock(Protocol):
    """Wall time and monotonic time, both in integer nanoseconds."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds from an arbitrary start; never steps back."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


class ManualClock:
    """A clock that stands still until it is moved; for tests and simulations."""

    def __init__(self, now_ns: int = 1_700_000_000 * NS_PER_S) -> None:
        self._now_ns = now_ns
        self._monotonic_ns = 0

    def now_ns(self) -> int:
        return self._now_ns

    def monotonic_ns(self) -> int:
        return self._monotonic_ns

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        step = round(seconds * NS_PER_S)
        self._now_ns += step
        self._monotonic_ns += step

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as NTP or a person would."""
        self._now_ns += round(seconds * NS_PER_S)


def at(time_ns: int) -> datetime:
    """The aware UTC time of nanoseconds since the epoch (microsecond precision)."""
    seconds, rest = divmod(time_ns, NS_PER_S)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)


def to_ns(moment: datetime) -> int:
    """Nanoseconds since the epoch of an aware time."""
    if moment.tzinfo is None:
        raise ValueError("a naive time has no place on the time line; give it a zone")
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * NS_PER_S + moment.microsecond * 1000
