"""When the next message of a replay is due, and what its log time becomes. Pure."""

from __future__ import annotations

from typing import Literal

# Between the last message of one round and the first of the next.
BETWEEN_ROUNDS_NS = 10_000_000


class Pace:
    """Maps the flight's times to now: it begins at `begins_ns`, and keeps its own time scale whatever the speed."""

    def __init__(self, *, first_ns: int, last_ns: int, begins_ns: int, speed: float | Literal["max"]) -> None:
        self._length_ns = last_ns - first_ns + BETWEEN_ROUNDS_NS
        self._shift_ns = begins_ns - first_ns
        self._begins_ns = begins_ns
        self._speed = None if speed == "max" else speed

    def log_time_ns(self, flight_ns: int) -> int:
        """The time a message of the flight has in the replay."""
        return max(0, flight_ns + self._shift_ns)

    def due_ns(self, log_time_ns: int) -> int:
        """How long after the beginning a message with this time is to be handed in."""
        return 0 if self._speed is None else round((log_time_ns - self._begins_ns) / self._speed)

    def next_round(self) -> None:
        """The flight starts again where it has just ended."""
        self._shift_ns += self._length_ns
