"""How well the loop keeps its time, counted as it runs."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

# Upper bounds of the jitter histogram, milliseconds; from what a quiet machine does to what a human sees.
JITTER_BUCKETS_MS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


@dataclass(slots=True)
class Counters:
    """Written by the loop's thread alone; anybody may read."""

    cycles: int = 0
    deadline_misses: int = 0
    """Cycles that were not done when the next was due."""
    skipped_ticks: int = 0
    """Ticks left out after a miss: a late loop does not run after itself."""
    overruns: int = 0
    """Cycles that took longer than their budget."""
    late_policies: int = 0
    """Cycles in which the policy was not back in time."""
    late_sinks: int = 0
    """Cycles whose action a sink had not taken when the deadline came, or could not be given."""
    late_sources: int = 0
    fallbacks: int = 0
    reloads: int = 0
    listener_failures: int = 0
    decisions: dict[str, int] = field(default_factory=lambda: {"PASS": 0, "CLAMP": 0, "REJECT": 0, "FAULT": 0})
    jitter: list[int] = field(default_factory=lambda: [0] * (len(JITTER_BUCKETS_MS) + 1))
    jitter_sum_ms: float = 0.0
    jitter_max_ms: float = 0.0
    last_total_ms: float = 0.0

    def started_late_by(self, jitter_ms: float) -> None:
        """How far from its tick a cycle began."""
        self.jitter[bisect_left(JITTER_BUCKETS_MS, jitter_ms)] += 1
        self.jitter_sum_ms += jitter_ms
        if jitter_ms > self.jitter_max_ms:
            self.jitter_max_ms = jitter_ms

    @property
    def jitter_mean_ms(self) -> float:
        count = sum(self.jitter)
        return self.jitter_sum_ms / count if count else 0.0
