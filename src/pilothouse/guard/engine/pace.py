"""Speeds of several joints together: a motion too fast is shortened along itself."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.guard.boundaries import Moment
from pilothouse.guard.boundaries.boundary import Joints
from pilothouse.guard.boundaries.space import ToolUnknown
from pilothouse.guard.boundaries.speeds import SpeedBoundary
from pilothouse.guard.engine.findings import Finding, Owned, against
from pilothouse.guard.model import Decision

BELOW = 1.0 - 1e-7
"""Shortened this much below the limit: what comes out is checked without mercy."""

PROPORTIONAL, HALVINGS = 3, 16


class Pace:
    """Every boundary on a joint speed that is enforced."""

    def __init__(self, owned: Sequence[Owned[SpeedBoundary]], fallback: str | None) -> None:
        self._owned = tuple(owned)
        self._fallback = fallback

    def slow(
        self, moment: Moment, target: Joints, box: tuple[Joints, Joints], findings: list[Finding]
    ) -> Joints | None:
        """The target itself when slow enough, else one on the way to it; None when even the slowest is too fast."""
        try:
            return self._slowed(moment, target, box, findings)
        except ToolUnknown as unknown:
            for guard, boundary in self._owned:
                findings.append(against(Decision.REJECT, boundary, str(unknown), guard, self._fallback))
            return None

    def _slowed(
        self, moment: Moment, target: Joints, box: tuple[Joints, Joints], findings: list[Finding]
    ) -> Joints | None:
        excess = self._excess(moment, target, findings)
        if excess <= 1.0:
            return target
        # As little motion as the joint limits allow: with a limit on acceleration that need not be standing still.
        rows = zip(box[0], moment.reference, box[1], strict=True)
        slowest = tuple([min(high, max(low, here)) for low, here, high in rows])
        share = 1.0
        for _ in range(PROPORTIONAL):
            share *= BELOW / excess
            found = _between(slowest, target, share)
            excess = self._excess(moment, found)
            if excess <= 1.0:
                return found
        low, high = 0.0, share
        for _ in range(HALVINGS):
            share = (low + high) / 2
            fits = self._excess(moment, _between(slowest, target, share)) <= 1.0
            low, high = (share, high) if fits else (low, share)
        return _between(slowest, target, low)

    def _excess(self, moment: Moment, target: Joints, findings: list[Finding] | None = None) -> float:
        """How many times too fast, by the worst of them."""
        worst = 0.0
        for guard, boundary in self._owned:
            share = boundary.speed(moment, target) / boundary.maximum
            if findings is not None and share > 1.0:
                reason = boundary.why(moment, target) or "just above the limit"
                findings.append(against(Decision.CLAMP, boundary, reason, guard, self._fallback))
            worst = max(worst, share)
        return worst

    def recheck(self, moment: Moment, target: Joints, findings: list[Finding]) -> None:
        """Reject what one of them does not allow after all."""
        for guard, boundary in self._owned:
            reason = boundary.why(moment, target)
            if reason:
                findings.append(against(Decision.REJECT, boundary, reason, guard, self._fallback))


def _between(start: Joints, end: Joints, share: float) -> Joints:
    return tuple([here + (there - here) * share for here, there in zip(start, end, strict=True)])
