"""Where message time is, when the clocks of topics disagree. Pure, and the same over stored messages."""

from __future__ import annotations

from typing import Final

from pilothouse.kit.clock import NS_PER_S

# Clocks that differ by more do not tell the same time. A silence of everything may last so long before one topic alone
# is not believed that it is over.
APART_NS: Final = 600 * NS_PER_S


class Present:
    """At the last message; one that is far from the others counts when no more topics spoke last where time was.

    One source whose clock is an hour ahead does not make all the others look silent for an hour; when the clock of all
    is set, time follows once half of them have spoken by it. In which order the messages of two clocks come changes
    nothing for the larger part, so that a recording, which is in the order of log times, tells what was told live.
    """

    __slots__ = ("_last", "now_ns")

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self.now_ns: int | None = None

    def at(self, topic: str, log_time_ns: int) -> int:
        """A topic speaks; what time it is then. Any thread may call."""
        now_ns = self.now_ns
        self._last[topic] = log_time_ns
        if now_ns is None or abs(log_time_ns - now_ns) <= APART_NS or self._follows(log_time_ns, now_ns):
            self.now_ns = now_ns = log_time_ns
        return now_ns

    def _follows(self, far_ns: int, now_ns: int) -> bool:
        last = list(self._last.values())
        there, here = (sum(abs(one - moment) <= APART_NS for one in last) for moment in (far_ns, now_ns))
        return there >= here
