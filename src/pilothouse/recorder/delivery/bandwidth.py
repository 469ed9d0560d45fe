"""Keeps what is sent below so many bytes per second."""

from __future__ import annotations

import threading
from typing import Protocol

from pilothouse.kit.clock import NS_PER_S, Clock

# After a pause this much of the unused rate may be made up for; more would be a burst.
_MAKE_UP_S = 0.5
# A wait is cut into pieces, so that a closing window or a more urgent recording is noticed.
_LOOK_S = 0.25
CHUNK_S = 5.0
"""A chunk takes about so long to send: what a cut may cost."""


class Waiting(Protocol):
    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


class Bandwidth:
    """Shared by everything it limits; None limits nothing."""

    def __init__(self, max_bytes_per_s: int | None, clock: Clock) -> None:
        self.max_bytes_per_s = max_bytes_per_s
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at_ns = clock.monotonic_ns()

    def chunk_bytes(self, largest: int, smallest: int) -> int:
        """How large a chunk should be at this rate."""
        if self.max_bytes_per_s is None:
            return largest
        return min(largest, max(smallest, round(self.max_bytes_per_s * CHUNK_S)))

    def take(self, count: int, stop: Waiting) -> None:
        """Return when so many bytes may be sent, or when ``stop`` is set."""
        if self.max_bytes_per_s is None:
            return
        until_ns = self._reserve(count, self.max_bytes_per_s)
        while not stop.is_set() and (left_s := (until_ns - self._clock.monotonic_ns()) / NS_PER_S) > 0:
            stop.wait(min(left_s, _LOOK_S))

    def _reserve(self, count: int, rate: int) -> int:
        """When these bytes may go; those asked for later go after them."""
        with self._lock:
            earliest_ns = self._clock.monotonic_ns() - round(_MAKE_UP_S * NS_PER_S)
            begin_ns = max(self._free_at_ns, earliest_ns)
            self._free_at_ns = begin_ns + count * NS_PER_S // rate
            return self._free_at_ns
