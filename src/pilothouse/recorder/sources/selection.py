"""Which topics of a source are recorded, and how many of their messages. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import default_latched

EVERYTHING = ("*",)


@dataclass(frozen=True, slots=True)
class Selection:
    """Patterns as in a shell, in which ``*`` also matches slashes; the first that fits limits a topic's rate."""

    include: Sequence[str] = EVERYTHING
    exclude: Sequence[str] = ()
    max_rate_hz: Mapping[str, float] = field(default_factory=dict)

    def wants(self, topic: str) -> bool:
        """Whether a topic is recorded."""
        return _matches(topic, self.include) and not _matches(topic, self.exclude)

    def limit(self, topic: str) -> RateLimit | None:
        """What thins a topic out; what is said once and holds from then on is never thinned out."""
        if default_latched(topic):
            return None
        for pattern, rate_hz in self.max_rate_hz.items():
            if fnmatchcase(topic, pattern):
                return RateLimit(rate_hz)
        return None


def _matches(topic: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(topic, pattern) for pattern in patterns)


class RateLimit:
    """Lets messages through at most so often, on message time; a clock set back does not silence a topic."""

    def __init__(self, rate_hz: float) -> None:
        self.rate_hz = rate_hz
        self._period_ns = round(NS_PER_S / rate_hz)
        self._last_ns: int | None = None
        self._due_ns = 0

    def passes(self, log_time_ns: int) -> bool:
        if self._last_ns is not None and self._last_ns <= log_time_ns < self._due_ns:
            return False
        # Counted from when it was due, not from when it came: jitter must not lower the rate.
        late_ns = log_time_ns - self._due_ns
        on_time = self._last_ns is not None and 0 <= late_ns < self._period_ns
        self._due_ns = (self._due_ns if on_time else log_time_ns) + self._period_ns
        self._last_ns = log_time_ns
        return True
