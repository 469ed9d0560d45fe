"""How fast a wall may be approached by joints that can brake only so much."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.guard.boundaries import Moment
from pilothouse.guard.boundaries.boundary import Joints
from pilothouse.guard.engine.box import JointLimits

RESERVE = 3.0
"""Stopping is planned to take so many times the shortest way: motion bends, and a joint may have another wall to heed.
With 2, simulated arms still met a wall they could not brake for once in a hundred drives; with 3 none did."""

LAGS = 3.0
"""Under a limit of jerk, acceleration towards the wall is first undone, then braking is built up, then undone again."""


@dataclass(frozen=True, slots=True)
class Brakes:
    """Accelerations per joint; ``lag_s`` is what the jerk limits take to build them up."""

    acceleration: Joints
    lag_s: float
    period_s: float

    @classmethod
    def of(cls, limits: JointLimits, period_s: float) -> Brakes | None:
        """None when nothing limits how hard the joints may brake."""
        if limits.acceleration is None:
            return None
        jerks = limits.jerk or ()
        lags = [most / jerk for most, jerk in zip(limits.acceleration, jerks, strict=bool(jerks)) if jerk]
        return cls(limits.acceleration, LAGS * max(lags, default=0.0), period_s)

    def share(self, moment: Moment, target: Joints) -> float:
        """The part of what is left that one step to the target may use up: the rest is for braking all joints together.

        A motion that all joints end within ``t`` goes on for ``t / 2`` times its speed, towards any wall, whatever the
        kinematics: ``v (dt + lag + t / 2) <= distance``. It shrinks as the robot slows down, so that it comes to rest
        at the wall.
        """
        rows = zip(moment.reference, target, self.acceleration, strict=True)
        dt = moment.dt_s
        stops_s = max([abs(there - here) / most for here, there, most in rows]) / dt
        return dt / (self.period_s + self.lag_s + RESERVE * stops_s / 2)
