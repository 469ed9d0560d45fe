"""What is done instead when nothing that was asked for may be sent. Pure: the caller brings the time.

A fallback only proposes an action; the engine judges it like any other before it may leave.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pilothouse.guard.model import Action


class FallbackKind(StrEnum):
    SLOW_DOWN = "slow_down"
    HOLD_POSITION = "hold_position"
    WAIT_AND_RETRY = "wait_and_retry"
    RETREAT = "retreat"
    EMERGENCY_STOP = "emergency_stop"

    @property
    def severity(self) -> int:
        """Of two that are asked for the more severe is taken."""
        return _SEVERITY[self]


_SEVERITY = {
    FallbackKind.SLOW_DOWN: 1,
    FallbackKind.HOLD_POSITION: 2,
    FallbackKind.WAIT_AND_RETRY: 2,
    FallbackKind.RETREAT: 3,
    FallbackKind.EMERGENCY_STOP: 4,
}


@dataclass(frozen=True, slots=True)
class FallbackPlan:
    """One entry of the Stackfile's ``fallbacks``; only what its kind uses is looked at."""

    name: str
    kind: FallbackKind
    release_after_s: float = 0.2
    escalate_to: str | None = None
    escalate_after_s: float | None = None
    factor: float = 0.5
    wait_s: float = 1.0
    retries: int = 3
    joint_positions: tuple[float, ...] = ()
    speed_scale: float = 0.25


HOLD = FallbackPlan("hold_position", FallbackKind.HOLD_POSITION)
EMERGENCY = FallbackPlan("emergency_stop", FallbackKind.EMERGENCY_STOP)


class Director:
    """Decides each cycle whether the policy acts or a fallback does.

    The more severe wins, at once. It stays until all has been well for ``release_after_s``, and gives way to
    ``escalate_to`` when trouble outlasts ``escalate_after_s``. Names it does not know mean the emergency stop.
    """

    def __init__(self, plans: Mapping[str, FallbackPlan]) -> None:
        self._plans = {HOLD.name: HOLD, EMERGENCY.name: EMERGENCY, **plans}
        self.active: FallbackPlan | None = None
        self._since_s = 0.0
        self._troubled_s = 0.0
        self._well_since_s: float | None = None
        self._tries = 0
        self._try_at_s: float | None = None

    def plan(self, name: str) -> FallbackPlan:
        return self._plans.get(name, EMERGENCY)

    def reset(self) -> None:
        """Nothing is the matter: a start or a reset."""
        self.active = self._well_since_s = self._try_at_s = None
        self._tries = 0

    def adopt(self, before: Director) -> None:
        """Go on where another left off: new plans do not end what was begun under the old."""
        active = before.active
        self.active = None if active is None else self._plans.get(active.name, active)
        self._since_s, self._troubled_s = before._since_s, before._troubled_s
        self._well_since_s, self._tries, self._try_at_s = before._well_since_s, before._tries, before._try_at_s

    def decide(self, wanted: str | None, now_s: float) -> FallbackPlan | None:
        """``wanted`` is the fallback that this cycle asks for, None when its action may be sent.

        Answers the fallback that acts, None when the policy does.
        """
        if wanted is None:
            return self._all_is_well(now_s)
        self._well_since_s = None
        plan = self.plan(wanted)
        if self.active is None or plan.kind.severity > self.active.kind.severity:
            self._enter(plan, now_s)
        elif self._has_outlasted(self.active, now_s):
            assert self.active.escalate_to is not None
            self._enter(self.plan(self.active.escalate_to), now_s)
        elif self.active.kind is FallbackKind.WAIT_AND_RETRY and self._is_tried(now_s):
            self._tries += 1
            self._try_at_s = now_s + self.active.wait_s
        return self.active

    def _all_is_well(self, now_s: float) -> FallbackPlan | None:
        active = self.active
        if active is None:
            return None
        if self._well_since_s is None:
            self._well_since_s = now_s
        if active.kind is FallbackKind.WAIT_AND_RETRY:
            is_over = self._is_tried(now_s) and self._tries < active.retries
        else:
            is_over = now_s - self._well_since_s >= active.release_after_s
        if active.kind is not FallbackKind.EMERGENCY_STOP and is_over:
            self._release(now_s)
        return self.active

    def _release(self, now_s: float) -> None:
        active = self.active
        assert active is not None
        self.active = self._well_since_s = None
        if active.kind is FallbackKind.WAIT_AND_RETRY:
            # Trouble that comes back soon goes on counting; a policy that does well for long starts afresh.
            self._tries += 1
            self._troubled_s = now_s

    def _enter(self, plan: FallbackPlan, now_s: float) -> None:
        if plan.kind is FallbackKind.WAIT_AND_RETRY:
            if self._tries and now_s - self._troubled_s > plan.wait_s + plan.release_after_s:
                self._tries = 0
            self._try_at_s = now_s + plan.wait_s
        self.active, self._since_s = plan, now_s

    def _has_outlasted(self, active: FallbackPlan, now_s: float) -> bool:
        return (
            active.escalate_to is not None
            and active.escalate_after_s is not None
            and now_s - self._since_s >= active.escalate_after_s
        )

    def _is_tried(self, now_s: float) -> bool:
        return self._try_at_s is not None and now_s >= self._try_at_s


@dataclass(slots=True)
class Motion:
    """What was sent last, and where the robot is: all that a fallback needs to propose an action."""

    last: Action | None
    before_last: Action | None
    observed: tuple[float, ...] | None


def propose(
    plan: FallbackPlan, motion: Motion, *, period_s: float, highest_speeds: tuple[float | None, ...] = ()
) -> Action | None:
    """The action of a fallback for this cycle; None when there is nothing safe to send."""
    if plan.kind is FallbackKind.EMERGENCY_STOP:
        return None
    held = _held(motion)
    if held is None or plan.kind in (FallbackKind.HOLD_POSITION, FallbackKind.WAIT_AND_RETRY):
        return held
    if plan.kind is FallbackKind.SLOW_DOWN:
        return _slowed(held, motion, plan.factor)
    return _towards(held, plan, period_s, highest_speeds)


def _held(motion: Motion) -> Action | None:
    """The last validated command; before there is one, where the robot is."""
    if motion.last is not None:
        return motion.last
    observed = motion.observed
    return Action(observed) if observed and all(map(math.isfinite, observed)) else None


def _slowed(held: Action, motion: Motion, factor: float) -> Action:
    before = motion.before_last
    if motion.last is None or before is None or len(before.joint_positions) != len(held.joint_positions):
        return held
    pairs = zip(held.joint_positions, before.joint_positions, strict=True)
    return Action(tuple(now + factor * (now - then) for now, then in pairs), held.gripper)


def _towards(
    held: Action, plan: FallbackPlan, period_s: float, highest_speeds: tuple[float | None, ...]
) -> Action | None:
    goal = plan.joint_positions
    if len(goal) != len(held.joint_positions):
        return held
    speeds = highest_speeds if len(highest_speeds) == len(goal) else (None,) * len(goal)
    # A joint without a known limit goes as slowly as a person would lead it.
    steps = [(1.0 if speed is None else speed) * plan.speed_scale * period_s for speed in speeds]
    differences = [target - now for target, now in zip(goal, held.joint_positions, strict=True)]
    # All joints arrive together: the slowest sets the pace, so that the path is straight.
    cycles = max((abs(gap) / step for gap, step in zip(differences, steps, strict=True) if step > 0), default=0.0)
    if cycles <= 1.0:
        return Action(goal, held.gripper)
    pairs = zip(held.joint_positions, differences, strict=True)
    return Action(tuple(now + gap / cycles for now, gap in pairs), held.gripper)
