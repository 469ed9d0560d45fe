"""Where the tool and the links are for given joint positions: serial chains from URDF or MJCF, in plain floats."""

from pilothouse.guard.kinematics.chain import Chain, Frame, Link, Place
from pilothouse.guard.kinematics.generation import compiled_forward, compiled_links, compiled_placing
from pilothouse.guard.kinematics.mjcf import chain_from_mjcf
from pilothouse.guard.kinematics.problems import ChainDoesNotFit, RobotDescriptionUnusable
from pilothouse.guard.kinematics.robot import GripperModel, JointModel, RobotModel
from pilothouse.guard.kinematics.urdf import chain_from_urdf

__all__ = [
    "Chain",
    "ChainDoesNotFit",
    "Frame",
    "GripperModel",
    "JointModel",
    "Link",
    "Place",
    "RobotDescriptionUnusable",
    "RobotModel",
    "chain_from_mjcf",
    "chain_from_urdf",
    "compiled_forward",
    "compiled_links",
    "compiled_placing",
]
