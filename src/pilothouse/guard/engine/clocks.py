"""Two clocks, neither trusted alone: the wall says how old an observation is, the other how long it was seen."""

from __future__ import annotations

import math


class Clocks:
    """Watches both clocks from cycle to cycle. A step of either is a reason to reject, once."""

    def __init__(self, future_tolerance_s: float) -> None:
        self._tolerance_s = future_tolerance_s
        self._began_s: float | None = None
        self._before_s = 0.0
        self._monotonic_s: float | None = None
        self._offset_s = 0.0
        self._stamp: float | None = None
        self._first_seen_s = 0.0

    def elapsed_s(self, monotonic_s: float) -> float:
        """How long the task has run since its first cycle; time in which it was paused does not count."""
        return self._before_s + (monotonic_s - self._began_s if self._began_s is not None else 0.0)

    def going_on(self) -> Clocks:
        """The same task after a pause: its time goes on, and both clocks are looked at anew."""
        other = Clocks(self._tolerance_s)
        other._before_s = self.elapsed_s(self._monotonic_s) if self._monotonic_s is not None else self._before_s
        return other

    def problem(self, now_s: float, monotonic_s: float, *, again: bool) -> str:
        """Why these times cannot be used; empty when they can. ``again``: nothing was sent since the last."""
        if not (math.isfinite(now_s) and math.isfinite(monotonic_s)):
            return "a clock is not finite"
        last, offset = self._monotonic_s, now_s - monotonic_s
        if last is None:
            self._began_s = monotonic_s
        elif monotonic_s < last or (monotonic_s == last and not again):
            return f"the monotonic clock did not advance: {monotonic_s:.6f} after {last:.6f}"
        back = self._offset_s - offset if last is not None else 0.0
        self._monotonic_s, self._offset_s = monotonic_s, offset
        return f"the wall clock stepped back by {back:.3f} s" if back > self._tolerance_s else ""

    def age(self, stamp: float, now_s: float, monotonic_s: float) -> float:
        """Seconds: by the wall, or since this stamp was first seen, whichever is more."""
        if stamp != self._stamp:
            self._stamp, self._first_seen_s = stamp, monotonic_s
        by_wall, seen = now_s - stamp, monotonic_s - self._first_seen_s
        return max(seen, by_wall)

    def problem_of_age(self, age_s: float, stamp: float, now_s: float, maximum_s: float) -> str:
        """Why an observation of this age cannot be used; empty when it can."""
        if not age_s <= maximum_s:
            return f"it is {age_s:.3f} s old; {maximum_s:g} s are allowed"
        if not stamp - now_s <= self._tolerance_s:
            return f"it is from {stamp - now_s:.3f} s in the future"
        return ""
