"""The risk level, from what the last seconds brought. Pure; the caller brings the time."""

from __future__ import annotations

from collections import deque

from pilothouse.guard.model import Decision
from pilothouse.wire.risk_event import RiskLevel

_REFUSED = (Decision.REJECT, Decision.FAULT)


class RiskWindow:
    """A sliding window over the outcomes of cycles. One thread; memory bounded by the two thresholds.

    EMERGENCY: an e-stop or a FAULT within the window. CRITICAL: ``critical_after`` rejected cycles within it.
    ELEVATED: ``elevated_after`` clamped or rejected cycles within it. NORMAL: none of these.
    A level falls again when what raised it is ``window_s`` old.
    """

    def __init__(self, *, window_s: float = 10.0, elevated_after: int = 3, critical_after: int = 10) -> None:
        self._window_s = window_s
        # A level is reached when the oldest of the last N is still within the window: more need not be remembered.
        self._notable: deque[float] = deque(maxlen=elevated_after)
        self._rejects: deque[float] = deque(maxlen=critical_after)
        self._emergency_s: float | None = None

    def level(self, decision: Decision, monotonic_s: float, *, estop: bool = False) -> RiskLevel:
        """Take in the outcome of a cycle and say the level with it; ``estop`` while an e-stop is latched."""
        if estop or decision is Decision.FAULT:
            self._emergency_s = monotonic_s
        if decision in _REFUSED:
            self._rejects.append(monotonic_s)
            self._notable.append(monotonic_s)
        elif decision is Decision.CLAMP:
            self._notable.append(monotonic_s)
        return self.level_at(monotonic_s)

    def level_at(self, monotonic_s: float) -> RiskLevel:
        """The level at a time, without a new outcome."""
        if self._emergency_s is not None and monotonic_s - self._emergency_s < self._window_s:
            return RiskLevel.EMERGENCY
        if self._full(self._rejects, monotonic_s):
            return RiskLevel.CRITICAL
        if self._full(self._notable, monotonic_s):
            return RiskLevel.ELEVATED
        return RiskLevel.NORMAL

    def _full(self, times: deque[float], monotonic_s: float) -> bool:
        return len(times) == times.maxlen and monotonic_s - times[0] < self._window_s
