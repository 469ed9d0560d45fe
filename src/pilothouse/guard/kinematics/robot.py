"""The robot as the guard knows it: joints with their own limits, a gripper, a kinematic chain when there is one."""

from __future__ import annotations

from dataclasses import dataclass, field

from pilothouse.guard.kinematics.chain import Chain

__all__ = ["GripperModel", "JointModel", "RobotModel"]


@dataclass(frozen=True, slots=True)
class JointModel:
    """One joint and what it can do. Radians and seconds; metres for radians when it is prismatic. None: not known."""

    name: str
    lower: float
    upper: float
    velocity: float | None = None
    acceleration: float | None = None
    jerk: float | None = None
    prismatic: bool = False


@dataclass(frozen=True, slots=True)
class GripperModel:
    """How far the gripper closes and opens, metres."""

    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class RobotModel:
    """Joints in the Stackfile's order. ``chain``, when given, moves exactly these joints in exactly this order."""

    name: str
    joints: tuple[JointModel, ...]
    gripper: GripperModel | None = None
    chain: Chain | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.chain is not None and self.chain.joint_names != tuple(one.name for one in self.joints):
            raise ValueError("the chain moves other joints than the robot has, or in another order")
