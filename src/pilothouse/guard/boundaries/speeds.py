"""Speeds of several joints together: the tool's (L1), the norm of all joints (L2). Too fast is shortened."""

from __future__ import annotations

import math

from pilothouse.guard.boundaries.boundary import Boundary, Joints, Moment
from pilothouse.guard.boundaries.cartesian_settings import EndEffectorSpeedConfig
from pilothouse.guard.boundaries.joints import ROUNDING
from pilothouse.guard.boundaries.task_settings import JointSpeedNormConfig
from pilothouse.guard.kinematics import RobotModel


class SpeedBoundary(Boundary):
    """A motion may be shortened towards the last command until it is slow enough."""

    maximum: float
    unit: str

    def speed(self, moment: Moment, target: Joints) -> float:
        """Of the motion from the reference to the target within the step."""
        raise NotImplementedError

    def why(self, moment: Moment, target: Joints) -> str:
        """What a target does that it must not, for people; empty when it is fine."""
        speed = self.speed(moment, target)
        if not speed <= self.maximum * (1 + ROUNDING) + ROUNDING:
            return f"{speed:.4g} of {self.maximum:.4g} {self.unit}"
        return ""


class EndEffectorSpeed(SpeedBoundary):
    """Source: forward kinematics at both ends, or the observed Jacobian."""

    unit = "m/s"

    def __init__(self, name: str, config: EndEffectorSpeedConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.maximum = config.maximum_m_s

    def speed(self, moment: Moment, target: Joints) -> float:
        space, start = moment.space, moment.reference
        way = math.dist(space.point(start), space.point(target)) + space.way_doubt(start, target)
        return way / moment.dt_s


class JointSpeedNorm(SpeedBoundary):
    """The root of the sum of squares of all joint speeds."""

    unit = "rad/s"

    def __init__(self, name: str, config: JointSpeedNormConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.maximum = config.maximum_rad_s

    def speed(self, moment: Moment, target: Joints) -> float:
        return math.dist(moment.reference, target) / moment.dt_s
