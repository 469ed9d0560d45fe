"""The garbage collector, out of the way of the cycles."""

from __future__ import annotations

import gc
import sys

# A young collection takes some ten microseconds, an old one of what was made since the start some milliseconds.
YOUNG_SLACK_NS = 300_000
OLD_SLACK_NS = 5_000_000
YOUNG_COUNT = 2_000
OLD_COUNT = 50
# With no slack at all memory would grow without end: then a cycle is late instead.
FORCED_COUNT = 200_000
# Another thread may keep the interpreter so long before the loop gets it: 5 ms by default, five cycles at 1 kHz.
SWITCH_S = 0.0002


class QuietCollector:
    """``with`` it the collector is off and what is alive stays; ``tidy`` collects when there is time for it."""

    def __enter__(self) -> QuietCollector:
        self._was_enabled, self._had_frozen = gc.isenabled(), gc.get_freeze_count() > 0
        self._switch_s = sys.getswitchinterval()
        gc.collect()
        gc.freeze()
        gc.disable()
        sys.setswitchinterval(SWITCH_S)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setswitchinterval(self._switch_s)
        if not self._had_frozen:  # what somebody else put aside stays there
            gc.unfreeze()
        if self._was_enabled:
            gc.enable()

    def tidy(self, slack_ns: int) -> None:
        """Collect what the slack has time for."""
        young, middle, _ = gc.get_count()
        if young > FORCED_COUNT or (young > YOUNG_COUNT and slack_ns > YOUNG_SLACK_NS):
            gc.collect(2 if middle > OLD_COUNT and slack_ns > OLD_SLACK_NS else min(1, middle // 10))
