"""The waits between attempts, of whatever is tried again."""

from __future__ import annotations

import random


class Backoff:
    """Growing waits with jitter. Unlike stamina's they end at once when the recorder stops."""

    def __init__(self, *, initial_s: float = 0.5, maximum_s: float = 30.0) -> None:
        self._initial_s = initial_s
        self._maximum_s = maximum_s
        self._failures = 0

    def reset(self) -> None:
        self._failures = 0

    def next_s(self) -> float:
        """How long to wait after one more failure."""
        whole = min(self._maximum_s, self._initial_s * float(2 ** min(self._failures, 30)))
        self._failures += 1
        return whole * random.uniform(0.5, 1.0)  # noqa: S311 - spreads robots apart, hides nothing
