"""What was commanded last and when: that is what speeds, accelerations and jerks are counted from."""

from __future__ import annotations

from pilothouse.guard.boundaries.boundary import Joints

FORGOTTEN_AFTER_PERIODS = 5
"""A command this long ago says nothing about where the robot is now: count from where it is observed instead."""

SAME_CYCLE_PERIODS = 1.0


class History:
    """The reference of the next command: the last one, or what is observed when nothing was sent."""

    def __init__(self, joints: int, period_s: float) -> None:
        self._period_s = period_s
        self._still = (0.0,) * joints
        self.decided_s: float | None = None
        self.moved_on = False
        self.clear()

    def clear(self) -> None:
        """Forget what was commanded; the next reference is the observed position."""
        self.position: Joints | None = None
        self.speed = self._still
        self.acceleration = self._still
        self.gripper: float | None = None
        self.at_s = 0.0
        self.step_s = self._period_s

    def going_on(self, period_s: float) -> History:
        """The same past, for commands at another period."""
        other = History(len(self._still), period_s)
        other.position, other.speed, other.acceleration = self.position, self.speed, self.acceleration
        other.gripper, other.at_s, other.decided_s = self.gripper, self.at_s, self.decided_s
        other.step_s = min(self.step_s, period_s)
        return other

    def begin(
        self, observed: Joints, velocities: Joints | None, monotonic_s: float, *, whole_period: bool = False
    ) -> float:
        """What is known at the start of a cycle; returns the seconds the next step may count on, at most a period,
        and never less with ``whole_period``."""
        elapsed = monotonic_s - self.at_s
        if self.position is None or elapsed > FORGOTTEN_AFTER_PERIODS * self._period_s:
            self.position = observed
            self.speed = self._still if velocities is None else velocities
            self.acceleration = self._still
            self.gripper = None
            since = self._period_s if self.decided_s is None else monotonic_s - self.decided_s
            elapsed = min(since, self._period_s)
            self.at_s = monotonic_s - elapsed
        self.step_s = self._period_s if whole_period else min(self._period_s, elapsed)
        return self.step_s

    def sent(self, target: Joints, gripper: float | None, monotonic_s: float) -> None:
        """A command has left. Its time is that of the decision it belongs to: a cycle's own length is no speed."""
        decided, period, step = self.decided_s, self._period_s, self.step_s
        of_this_cycle = decided is not None and 0.0 <= monotonic_s - decided <= SAME_CYCLE_PERIODS * period
        at_s = decided if of_this_cycle and decided is not None else monotonic_s
        before = self.position
        if before is None or step <= 0.0:
            self.position, self.speed, self.acceleration = target, self._still, self._still
        else:
            speed = tuple([(there - here) / step for here, there in zip(before, target, strict=True)])
            self.acceleration = tuple([(new - old) / step for old, new in zip(self.speed, speed, strict=True)])
            self.position, self.speed = target, speed
        self.at_s = at_s
        if gripper is not None:
            self.gripper = gripper
