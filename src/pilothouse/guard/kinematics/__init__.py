"""Where the tool and the links are for given joint positions: serial chains from URDF or MJCF, in plain floats."""

from pilothouse.guard.kinematics.chain import Chain, Link
from pilothouse.guard.kinematics.robot import GripperModel, JointModel, RobotModel

__all__ = ["Chain", "GripperModel", "JointModel", "Link", "RobotModel"]
