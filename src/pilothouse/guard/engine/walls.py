"""Boundaries in space as half-spaces of joint targets, taken anew at each solution while walls are curved."""

from __future__ import annotations

from collections.abc import Sequence
from operator import ge

from pilothouse.guard.boundaries import Moment
from pilothouse.guard.boundaries.boundary import Joints
from pilothouse.guard.boundaries.space import CERTAIN, ToolUnknown
from pilothouse.guard.boundaries.spatial import Margins, SpatialBoundary
from pilothouse.guard.engine.brakes import Brakes
from pilothouse.guard.engine.findings import Finding, Owned, against
from pilothouse.guard.engine.program import FAR, Program
from pilothouse.guard.engine.projection import compiled_beside
from pilothouse.guard.model import Decision

INSIDE = 1e-6
"""The program aims this much further in than it must, metres or radians: what it returns is checked without mercy."""

ROOM = 2 * INSIDE
"""With less than this between now and what must be left it aims half way."""

ATTEMPTS = 4
"""So often are walls taken as flat at the last solution; then the action is rejected."""


Broken = tuple[Owned[SpatialBoundary], str, Margins, Margins, Margins]
"""A boundary the target does not keep, why, and its margins: required, now, and left at the target."""


class Walls:
    """Every boundary in space that is enforced. One program holds them all."""

    def __init__(
        self, owned: Sequence[Owned[SpatialBoundary]], joints: int, fallback: str | None, brakes: Brakes | None = None
    ) -> None:
        self._owned = tuple(owned)
        self._joints = joints
        self._fallback = fallback
        self._brakes = brakes
        self._checked: Joints | None = None
        self._failed = False
        self._program = self._made()
        self._beside = compiled_beside(joints)

    def _made(self) -> Program:
        return Program(self._joints, sum(one.size // 2 if one.opposed else one.size for _, one in self._owned))

    def start(self) -> None:
        """A solver that failed is not trusted again: a new one is made, before anything moves."""
        if self._failed:
            self._program, self._failed = self._made(), False

    def keep(
        self, moment: Moment, target: Joints, box: tuple[Joints, Joints], findings: list[Finding]
    ) -> Joints | None:
        """The target itself when it is fine, else the closest one in the box that is; None when there is none."""
        self._checked = None
        space, reference = moment.space, moment.reference
        most = 1.0 if self._brakes is None else self._brakes.share(moment, target)
        now: list[Margins] = []
        needed: list[Margins] = []
        broken: list[Broken] = []
        before = len(findings)
        for owned in self._owned:
            boundary = owned[1]
            try:
                margins = boundary.margins(space, reference)
                required = boundary.required(margins, most)
                if required is None:
                    self._find(Decision.REJECT, owned, boundary.already(margins), findings)
                    continue
                left = boundary.swept(space, reference, target)
            except ToolUnknown as unknown:
                self._find(Decision.REJECT, owned, str(unknown), findings)
                continue
            if _short(left, required):
                reason = boundary.shortfall(left, required)
                if reason:
                    broken.append((owned, reason, required, margins, left))
            now.append(margins)
            needed.append(required)
        if len(findings) > before:
            return None
        if broken:
            return self._led(moment, target, box, findings, (now, needed, broken))
        self._checked = target
        return target

    def _led(
        self,
        moment: Moment,
        target: Joints,
        box: tuple[Joints, Joints],
        findings: list[Finding],
        state: tuple[list[Margins], list[Margins], list[Broken]],
    ) -> Joints | None:
        now, needed, broken = state
        for owned, reason, *_ in broken:
            self._find(Decision.CLAMP, owned, reason, findings)
        decision, reason = Decision.REJECT, "no target within the limits keeps to it"
        try:
            found = self._directly(moment, target, box, needed, broken[0]) if len(broken) == 1 else None
            if found is None:
                found = self._nearest(moment, target, box, now, needed)
            if found is None and self._brakes is not None:
                found = self._braking(moment, box, now)
            if found is not None:
                self._checked = found
                return found
        except ToolUnknown as unknown:
            reason = str(unknown)
        except Exception as failure:  # noqa: BLE001 - the solver is foreign code: whatever it does, nothing leaves
            self._failed = True
            decision, reason = Decision.FAULT, f"the solver failed: {type(failure).__name__}: {failure}"
        for owned, *_ in broken:
            self._find(decision, owned, reason, findings)
        return None

    def _directly(
        self, moment: Moment, target: Joints, box: tuple[Joints, Joints], needed: list[Margins], broken: Broken
    ) -> Joints | None:
        """The closest target when only one wall is in the way, and none other is once that one is kept; else None."""
        (_, boundary), _, required, here, left = broken
        kept = list(map(ge, left, required))
        if kept.count(False) != 1:
            return None
        number = kept.index(False)
        margins, slopes = boundary.slopes(moment.space, target)
        opposite = number - len(slopes)
        slope = slopes[number] if opposite < 0 else [-one for one in slopes[opposite]]
        doubt = moment.space.doubt(target)[boundary.unit != "m"]
        need = _aim(here[number], required[number]) + doubt - margins[number]
        found = self._beside(target, *box, slope, need)
        return None if found is None or self._is_beyond(moment, found, needed) else found

    def _braking(self, moment: Moment, box: tuple[Joints, Joints], now: list[Margins]) -> Joints | None:
        """Found faster than it could stop at leisure: as slow as the joint limits allow, if the walls stand that."""
        rows = zip(box[0], moment.reference, box[1], strict=True)
        slowest = tuple([min(high, max(low, here)) for low, here, high in rows])
        needed = [
            boundary.required(margins) or margins for (_, boundary), margins in zip(self._owned, now, strict=True)
        ]
        if not self._is_beyond(moment, slowest, needed):
            return slowest
        return self._nearest(moment, slowest, box, now, needed)

    def _is_beyond(self, moment: Moment, target: Joints, needed: list[Margins]) -> bool:
        """Whether any wall is not kept, exactly and on the way as well."""
        for (_, boundary), required in zip(self._owned, needed, strict=True):
            left = boundary.swept(moment.space, moment.reference, target)
            if _short(left, required) and boundary.shortfall(left, required):
                return True
        return False

    def _nearest(
        self, moment: Moment, target: Joints, box: tuple[Joints, Joints], now: list[Margins], needed: list[Margins]
    ) -> Joints | None:
        space, reference, at = moment.space, moment.reference, target
        doubt = space.doubt(target)
        for attempt in range(ATTEMPTS):
            rows: list[Sequence[float]] = []
            least: list[float] = []
            most: list[float] = []
            for (_, boundary), here, required in zip(self._owned, now, needed, strict=True):
                margins, slopes = boundary.slopes(space, at)
                beyond = doubt[0] if boundary.unit == "m" else doubt[1]
                missing = [
                    _aim(first, must) + beyond - margin
                    for margin, first, must in zip(margins, here, required, strict=True)
                ]
                count = len(slopes)
                rows += slopes
                least += missing[:count]
                most += [-one for one in missing[count:]] if boundary.opposed else [FAR] * count
            found = self._program.solve(target, *box, rows, (least, most), at)
            if found is None:
                if attempt:
                    return None
                # Far beyond a curved wall its slope says little: once more from where the robot is.
                at, doubt = reference, CERTAIN
                continue
            if not self._is_beyond(moment, found, needed):
                return found
            at, doubt = found, space.doubt(found)
        return None

    def recheck(self, moment: Moment, target: Joints, findings: list[Finding]) -> None:
        """Reject what one of them does not allow after all. The very target checked last in this cycle is fine."""
        if target is self._checked:
            return
        for owned in self._owned:
            reason = owned[1].why(moment, target)
            if reason:
                self._find(Decision.REJECT, owned, reason, findings)

    def _find(self, decision: Decision, owned: Owned[SpatialBoundary], reason: str, findings: list[Finding]) -> None:
        guard, boundary = owned
        findings.append(against(decision, boundary, reason, guard, self._fallback))


def _aim(now: float, required: float) -> float:
    """The margin that is aimed for: a little further in than required, but never than now, so that one may stand."""
    room = now - required
    return required + (INSIDE if room >= ROOM else room / 2 if room > 0.0 else 0.0)


def _short(left: Margins, required: Margins) -> bool:
    """Quick, and for rounding too strict; not a number is always short."""
    return not all(map(ge, left, required))
