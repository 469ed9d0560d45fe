"""A time that does not jump when somebody sets the clock, for budgets by the day and for the age of recordings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from pilothouse.kit.clock import Clock, to_ns

# A robot without a battery for its clock wakes up in 1970 or where it last was. What it says of a pause is believed
# only when it knows the time at both ends.
SENSIBLE_NS = to_ns(datetime(2024, 1, 1, tzinfo=UTC))

NOW, WALL = "steady_ns", "wall_ns"


class SteadyTime:
    """Goes on with the monotonic clock in a run, and between runs by what the wall clock says has passed.

    It starts as the wall time of the first run, and only differences mean anything.
    """

    def __init__(self, clock: Clock, read: Callable[[str], int | None], keep: Callable[[dict[str, int]], None]) -> None:
        self._clock = clock
        self._keep = keep
        self._began_ns = clock.monotonic_ns()
        self._base_ns = _resumed(clock.now_ns(), read(NOW), read(WALL))

    def now_ns(self) -> int:
        return self._base_ns + self._clock.monotonic_ns() - self._began_ns

    def keep(self) -> None:
        """Note how late it is, so that the next run goes on from here."""
        self._keep({NOW: self.now_ns(), WALL: self._clock.now_ns()})


def _resumed(wall_ns: int, steady_ns: int | None, last_wall_ns: int | None) -> int:
    if steady_ns is None or last_wall_ns is None:
        return wall_ns
    known = min(wall_ns, last_wall_ns) >= SENSIBLE_NS
    return steady_ns + (max(0, wall_ns - last_wall_ns) if known else 0)
