"""From a configuration to a boundary that fits the robot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pilothouse.guard.boundaries import joints
from pilothouse.guard.boundaries import motion_settings as motion
from pilothouse.guard.boundaries.boundary import Boundary
from pilothouse.guard.boundaries.problems import BoundaryDoesNotFit
from pilothouse.guard.boundaries.settings import BoundarySettings
from pilothouse.guard.kinematics import RobotModel

_KINDS: dict[type[BoundarySettings], Callable[[str, Any, RobotModel], Boundary]] = {
    motion.JointPositionConfig: joints.JointPosition,
    motion.JointVelocityConfig: joints.JointVelocity,
    motion.JointAccelerationConfig: joints.JointAcceleration,
    motion.JointJerkConfig: joints.JointJerk,
}


def compile_boundary(name: str, config: BoundarySettings, robot: RobotModel, *, folder: Path | None = None) -> Boundary:
    """The boundary ``config`` asks for, on this robot. Files it names are relative to ``folder``.

    Raises :class:`BoundaryDoesNotFit` when it cannot hold: lengths, limits the robot does not have, signatures, files.
    """
    kind = _KINDS.get(type(config))
    if kind is None:
        raise BoundaryDoesNotFit(boundary=name, problem=f"the kind {config.type!r} is not built yet")
    return kind(name, config, robot)
