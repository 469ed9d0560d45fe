"""What the gripper may be told (L2)."""

from __future__ import annotations

from pilothouse.guard.boundaries.boundary import Boundary, Joints, Moment
from pilothouse.guard.boundaries.problems import BoundaryDoesNotFit
from pilothouse.guard.boundaries.space import ToolUnknown
from pilothouse.guard.boundaries.task_settings import GripperCommandConfig
from pilothouse.guard.boundaries.zones import is_inside
from pilothouse.guard.kinematics import RobotModel

STEADY_M = 1e-6
"""A command this close to the last one does not move the gripper."""


class GripperCommand(Boundary):
    """Range and speed are clamped, place and stillness are judged. Source: the last command, else the observation."""

    looks_at_action = True

    def __init__(self, name: str, config: GripperCommandConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        if robot.gripper is None:
            raise BoundaryDoesNotFit(boundary=name, problem="the robot has no gripper")
        own = robot.gripper
        self.lower = own.lower if config.lower_m is None else max(own.lower, config.lower_m)
        self.upper = own.upper if config.upper_m is None else min(own.upper, config.upper_m)
        if self.lower > self.upper:
            raise BoundaryDoesNotFit(
                boundary=name, problem=f"lower_m and upper_m leave the gripper no room: {self.lower} to {self.upper}"
            )
        self.maximum = config.maximum_m_s
        self.zone = config.open_only_inside
        self.still = config.still_below_rad_s

    def limited(self, moment: Moment) -> tuple[float, str]:
        """The closest allowed command and why it is not the requested one; raises ValueError when there is none."""
        assert moment.gripper is not None
        lower, upper = self.lower, self.upper
        if self.maximum is not None:
            here = moment.gripper_reference
            if here is None:
                raise ValueError("the gripper is not observed, so its speed cannot be told")
            step = self.maximum * moment.dt_s
            lower, upper = max(lower, here - step), min(upper, here + step)
            if lower > upper:
                raise ValueError(f"from {here:.4g} m no command satisfies its range and its speed together")
        if lower <= moment.gripper <= upper:
            return moment.gripper, ""
        there = min(upper, max(lower, moment.gripper))
        return there, f"the gripper was told {moment.gripper:.4g}, {lower:.4g} to {upper:.4g} m is allowed"

    def judge(self, moment: Moment) -> str:
        target, here = moment.gripper, moment.gripper_reference
        if target is None or (self.zone is None and self.still is None):
            return ""
        if here is None:
            return "the gripper is not observed, so nobody can tell whether it would move"
        assert moment.candidate is not None
        moves = abs(target - here) > STEADY_M
        if moves and self.still is not None:
            fastest = max(map(abs, map(float.__sub__, moment.candidate, moment.reference))) / moment.dt_s
            if not fastest < self.still:
                return f"the gripper would move while a joint moves at {fastest:.4g} of {self.still:.4g} rad/s"
        if moves and target > here and self.zone is not None:
            return self._outside(moment, moment.candidate)
        return ""

    def _outside(self, moment: Moment, target: Joints) -> str:
        assert self.zone is not None
        try:
            for joints in (moment.joints, target):
                if not is_inside(self.zone, moment.space.point(joints)):
                    return "the gripper would open outside the zone where it may"
        except ToolUnknown as unknown:
            return str(unknown)
        return ""
