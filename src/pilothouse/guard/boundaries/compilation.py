"""From a configuration to a boundary that fits the robot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pilothouse.guard.boundaries import (
    callback,
    cartesian,
    cartesian_settings,
    distance,
    distribution,
    gripper,
    hardware,
    hardware_settings,
    joints,
    motion_settings,
    nodes,
    speeds,
    task_settings,
)
from pilothouse.guard.boundaries.boundary import Boundary
from pilothouse.guard.boundaries.distribution_settings import MemoryBankConfig, RunningZScoreConfig
from pilothouse.guard.boundaries.settings import BoundarySettings
from pilothouse.guard.kinematics import RobotModel

_KINDS: dict[type[BoundarySettings], Callable[[str, Any, RobotModel], Boundary]] = {
    RunningZScoreConfig: distribution.RunningZScore,
    motion_settings.JointPositionConfig: joints.JointPosition,
    motion_settings.JointVelocityConfig: joints.JointVelocity,
    motion_settings.JointAccelerationConfig: joints.JointAcceleration,
    motion_settings.JointJerkConfig: joints.JointJerk,
    cartesian_settings.EndEffectorSpeedConfig: speeds.EndEffectorSpeed,
    cartesian_settings.WorkspaceBoxConfig: cartesian.WorkspaceBox,
    cartesian_settings.KeepOutSpheresConfig: cartesian.KeepOutSpheres,
    cartesian_settings.OrientationLimitConfig: cartesian.OrientationLimit,
    cartesian_settings.LinkDistanceConfig: distance.LinkDistance,
    task_settings.TaskWorkspaceConfig: cartesian.WorkspaceBox,
    task_settings.JointSpeedNormConfig: speeds.JointSpeedNorm,
    task_settings.GripperCommandConfig: gripper.GripperCommand,
    task_settings.NodeTimeoutConfig: nodes.NodeTimeout,
    task_settings.SequenceConfig: nodes.Sequence,
    task_settings.CallbackConfig: callback.Callback,
    hardware_settings.ObservationAgeConfig: hardware.ObservationAge,
    hardware_settings.TemperatureConfig: hardware.Temperature,
    hardware_settings.CurrentConfig: hardware.Current,
    hardware_settings.VoltageConfig: hardware.Voltage,
    hardware_settings.ForceTorqueConfig: hardware.ForceTorque,
    hardware_settings.HostHealthConfig: hardware.HostHealth,
}


def compile_boundary(name: str, config: BoundarySettings, robot: RobotModel, *, folder: Path | None = None) -> Boundary:
    """The boundary ``config`` asks for, on this robot. Files it names are relative to ``folder``.

    Raises :class:`BoundaryDoesNotFit` when it cannot hold: lengths, limits the robot does not have, signatures, files.
    """
    if isinstance(config, MemoryBankConfig):
        return distribution.MemoryBank(name, config, robot, folder=folder)
    return _KINDS[type(config)](name, config, robot)
