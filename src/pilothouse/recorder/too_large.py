"""Messages that are turned away, because keeping one would cost too much of all the others."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.logs import get_logger
from pilothouse.recorder.losses import LeftOut

# A message is in memory up to four times on its way into the buffer: as it comes, as its source hands it in, packed,
# and compressed. So large a one just finds room beside the eighth that the buffer keeps.
LARGEST_PART = 4
MIB = 1 << 20
# A quarter of the smallest budget there can be: what is smaller needs no second look.
NEVER_BYTES = MIB // LARGEST_PART

log = get_logger("pilothouse.recorder")


@dataclass(slots=True)
class _Known:
    """What a topic brings that is too large."""

    largest_bytes: int
    last_ns: int  # monotonic


class TooLarge:
    """Counts them per topic, says so once for each, and what to do about it. Any thread may call."""

    def __init__(self, counted: LeftOut, clock: Clock, *, max_bytes: int) -> None:
        self._counted = counted
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        self._max_bytes = max_bytes

    @property
    def most_bytes(self) -> int:
        """The largest message that is recorded."""
        return self._max_bytes // LARGEST_PART

    def use(self, max_bytes: int) -> None:
        """Another budget from now on; what was too large for the last one is said again if it is for this one."""
        with self._lock:
            if max_bytes != self._max_bytes:
                self._max_bytes, self._known = max_bytes, {}

    def turn_away(self, topic: str, size: int, at_ns: int | None) -> None:
        """One more, in message time."""
        self._counted.add(topic, at_ns)
        with self._lock:
            is_new = topic not in self._known
            known = self._known.setdefault(topic, _Known(size, 0))
            known.largest_bytes, known.last_ns = max(size, known.largest_bytes), self._clock.monotonic_ns()
        # Who pushes without a topic that is known is told; nobody else could do anything about it.
        if is_new and topic:
            log.warning(
                "a message is too large to be kept beside others; more of its topic are only counted", topic=topic,
                message_bytes=size, most_bytes=self.most_bytes, advice=self._advice(size),
            )  # fmt: skip

    def problems(self, within_s: float) -> Iterator[str]:
        """What a recording made now would lack because of it."""
        since_ns = self._clock.monotonic_ns() - round(within_s * NS_PER_S)
        with self._lock:
            lately = {
                topic: one.largest_bytes for topic, one in self._known.items() if topic and one.last_ns >= since_ns
            }
        for topic, size in sorted(lately.items()):
            yield (
                f"messages of {topic} are too large to be recorded: one has {size / MIB:.1f} MiB, above a quarter of "
                f"max_bytes; {self._advice(size)}"
            )

    def _advice(self, size: int) -> str:
        if size <= self.most_bytes:
            return "raise the source's max_message_bytes, or send less at once"
        return f"set max_bytes to {math.ceil(LARGEST_PART * size / MIB)}MiB or more"
