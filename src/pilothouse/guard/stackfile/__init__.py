"""The Stackfile: one YAML file that says what the robot is, what holds, and what happens otherwise."""

from pilothouse.guard.stackfile.compiling import compile_spec, default_fallback, guard_names, robot_model
from pilothouse.guard.stackfile.editing import BoundaryEdits, boundary_config, with_boundary, without_boundary
from pilothouse.guard.stackfile.loading import load, load_text
from pilothouse.guard.stackfile.robot import RobotConfig
from pilothouse.guard.stackfile.schema import json_schema
from pilothouse.guard.stackfile.stack import Stackfile

__all__ = [
    "BoundaryEdits",
    "RobotConfig",
    "Stackfile",
    "boundary_config",
    "compile_spec",
    "default_fallback",
    "guard_names",
    "json_schema",
    "load",
    "load_text",
    "robot_model",
    "with_boundary",
    "without_boundary",
]
