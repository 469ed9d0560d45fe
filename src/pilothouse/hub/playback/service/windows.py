"""Parts of a recording, in seconds from its start and in nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.hub.playback.domain import LATEST_NS, BadWindow
from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import Summary
from pilothouse.mcap.reading.spans import ANY_TIME


@dataclass(frozen=True, slots=True)
class Window:
    """Part of a recording, in nanoseconds since the epoch, both ends included."""

    start_ns: int
    end_ns: int

    @classmethod
    def of(cls, summary: Summary, start_s: float | None, end_s: float | None) -> Window:
        """From seconds after the start of a recording; raises BadWindow."""
        begin = begin_of(summary)
        start_ns = begin if start_s is None else begin + round(start_s * NS_PER_S)
        end_ns = ANY_TIME[1] if end_s is None else begin + round(end_s * NS_PER_S)
        if end_s is not None and end_ns < start_ns:
            raise BadWindow
        return cls(start_ns, end_ns)


def begin_of(summary: Summary) -> int:
    """Where its times are counted from."""
    return min(summary.start_ns or 0, LATEST_NS)
