"""What can be wrong with a description of a robot."""

from __future__ import annotations

from pilothouse.kit.errors import BadConfiguration


class RobotDescriptionUnusable(BadConfiguration):
    """The {kind} cannot be used: {problem}."""


class ChainDoesNotFit(BadConfiguration):
    """The kinematic chain does not fit the robot: {problem}."""
