"""Limits of joint position, velocity, acceleration and jerk (L1): each is a range per joint, all together a box."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import le

from pilothouse.guard.boundaries.boundary import Boundary, Joints, Moment
from pilothouse.guard.boundaries.motion_settings import (
    JointAccelerationConfig,
    JointJerkConfig,
    JointPositionConfig,
    JointVelocityConfig,
)
from pilothouse.guard.boundaries.problems import BoundaryDoesNotFit
from pilothouse.guard.kinematics import JointModel, RobotModel

ROUNDING = 1e-9
"""What two ways of computing the same number may differ by, in radians, and relative for speeds."""


def per_joint(
    name: str, given: Joints | None, robot: RobotModel, own: Callable[[JointModel], float | None], field: str
) -> Joints:
    """What the configuration gives, or what the robot's joints say; one number per joint, or it does not compile."""
    count = len(robot.joints)
    values = [own(one) for one in robot.joints]
    if given is not None:
        if len(given) != count:
            raise BoundaryDoesNotFit(
                boundary=name, problem=f"{field} has {len(given)} values, but the robot has {count} joints"
            )
        return given
    for joint, value in zip(robot.joints, values, strict=True):
        if value is None or math.isnan(value):
            raise BoundaryDoesNotFit(
                boundary=name, problem=f"joint {joint.name!r} has no such limit; give {field}, or complete the robot"
            )
    return tuple(float(value) for value in values if value is not None)


def rates(
    name: str,
    given: Joints | None,
    robot: RobotModel,
    own: Callable[[JointModel], float | None],
    field: str,
    scale: float,
) -> Joints:
    """Limits of a rate, times the scale; never above what the robot can do, where that is known."""
    chosen = per_joint(name, given, robot, own, field)
    known = [own(one) for one in robot.joints]
    return tuple(min(one, one if most is None else most) * scale for one, most in zip(chosen, known, strict=True))


class JointBoundary(Boundary):
    """One that limits every joint by itself. ``why`` says, for people, what a target does that it must not."""

    def why(self, moment: Moment, target: Joints) -> str:
        raise NotImplementedError

    def _joint(self, number: int) -> str:
        return self.robot.joints[number].name


class JointPosition(JointBoundary):
    """Source: the robot's limits or the configuration's, less the margin."""

    def __init__(self, name: str, config: JointPositionConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        lower = per_joint(name, config.lower_rad, robot, lambda one: one.lower, "lower_rad")
        upper = per_joint(name, config.upper_rad, robot, lambda one: one.upper, "upper_rad")
        # What the robot cannot reach is not made reachable by saying so.
        self.lower = tuple(
            max(one, own.lower) + config.margin_rad for one, own in zip(lower, robot.joints, strict=True)
        )
        self.upper = tuple(
            min(one, own.upper) - config.margin_rad for one, own in zip(upper, robot.joints, strict=True)
        )
        self.allow_return = config.allow_return
        for joint, low, high in zip(robot.joints, self.lower, self.upper, strict=True):
            if low >= high:
                raise BoundaryDoesNotFit(
                    boundary=name, problem=f"joint {joint.name!r} is left no room: {low} to {high}"
                )

    def why(self, moment: Moment, target: Joints) -> str:
        if all(map(le, self.lower, target)) and all(map(le, target, self.upper)):
            return ""
        for number, (low, here, high) in enumerate(zip(self.lower, target, self.upper, strict=True)):
            if not low <= here <= high:
                return f"{self._joint(number)} at {here:.6g} is outside {low:.6g} to {high:.6g}"
        return ""


class JointVelocity(JointBoundary):
    """Source: the robot's speeds or the configuration's, times the scale."""

    def __init__(self, name: str, config: JointVelocityConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.maximum = rates(name, config.maximum_rad_s, robot, lambda one: one.velocity, "maximum_rad_s", config.scale)

    def why(self, moment: Moment, target: Joints) -> str:
        dt = moment.dt_s
        for number, (here, there, limit) in enumerate(zip(moment.reference, target, self.maximum, strict=True)):
            speed = (there - here) / dt
            if not -limit <= speed <= limit and not abs(speed) <= limit * (1 + ROUNDING) + ROUNDING:
                return f"{self._joint(number)} would move at {speed:.4g} of {limit:.4g} rad/s"
        return ""


class JointAcceleration(JointBoundary):
    """Source: the robot's accelerations or the configuration's, times the scale."""

    def __init__(self, name: str, config: JointAccelerationConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.maximum = rates(
            name, config.maximum_rad_s2, robot, lambda one: one.acceleration, "maximum_rad_s2", config.scale
        )

    def why(self, moment: Moment, target: Joints) -> str:
        dt = moment.dt_s
        rows = zip(moment.reference, target, moment.speed, self.maximum, strict=True)
        for number, (here, there, speed, limit) in enumerate(rows):
            acceleration = ((there - here) / dt - speed) / dt
            if not abs(acceleration) <= limit + ROUNDING / (dt * dt):
                return f"{self._joint(number)} would accelerate at {acceleration:.4g} of {limit:.4g} rad/s2"
        return ""


class JointJerk(JointBoundary):
    """Source: the robot's jerks or the configuration's, times the scale."""

    def __init__(self, name: str, config: JointJerkConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.maximum = rates(name, config.maximum_rad_s3, robot, lambda one: one.jerk, "maximum_rad_s3", config.scale)

    def why(self, moment: Moment, target: Joints) -> str:
        dt = moment.dt_s
        rows = zip(moment.reference, target, moment.speed, moment.acceleration, self.maximum, strict=True)
        for number, (here, there, speed, acceleration, limit) in enumerate(rows):
            jerk = (((there - here) / dt - speed) / dt - acceleration) / dt
            if not abs(jerk) <= limit + ROUNDING / (dt * dt * dt):
                return f"{self._joint(number)} would jerk at {jerk:.4g} of {limit:.4g} rad/s3"
        return ""
