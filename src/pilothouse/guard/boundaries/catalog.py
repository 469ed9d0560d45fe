"""Every kind of boundary there is. A new one is a configuration, a boundary, and a line in each of two lists here."""

from __future__ import annotations

import builtins
import inspect
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import Field

from pilothouse.guard.boundaries import cartesian_settings as cartesian
from pilothouse.guard.boundaries import distribution_settings as distribution
from pilothouse.guard.boundaries import hardware_settings as hardware
from pilothouse.guard.boundaries import motion_settings as motion
from pilothouse.guard.boundaries import task_settings as task
from pilothouse.guard.boundaries.settings import BoundarySettings
from pilothouse.guard.model import Layer

AnyBoundaryConfig = (
    distribution.RunningZScoreConfig
    | distribution.MemoryBankConfig
    | motion.JointPositionConfig
    | motion.JointVelocityConfig
    | motion.JointAccelerationConfig
    | motion.JointJerkConfig
    | cartesian.EndEffectorSpeedConfig
    | cartesian.WorkspaceBoxConfig
    | cartesian.KeepOutSpheresConfig
    | cartesian.OrientationLimitConfig
    | cartesian.LinkDistanceConfig
    | task.TaskWorkspaceConfig
    | task.JointSpeedNormConfig
    | task.GripperCommandConfig
    | task.NodeTimeoutConfig
    | task.SequenceConfig
    | task.CallbackConfig
    | hardware.ObservationAgeConfig
    | hardware.TemperatureConfig
    | hardware.CurrentConfig
    | hardware.VoltageConfig
    | hardware.ForceTorqueConfig
    | hardware.HostHealthConfig
)

BoundaryConfig = Annotated[AnyBoundaryConfig, Field(discriminator="type")]
"""The configuration of any boundary, told apart by its ``type``."""


@dataclass(frozen=True, slots=True)
class BoundaryKind:
    """A kind of boundary: its ``type``, the layer it belongs to, what it does, and its configuration."""

    type: str
    layer: Layer
    description: str
    config: builtins.type[BoundarySettings]

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of its configuration."""
        return self.config.model_json_schema()


def catalog() -> tuple[BoundaryKind, ...]:
    """Every kind, by layer."""
    return tuple(_kind(one) for one in get_args(AnyBoundaryConfig))


def _kind(config: type[BoundarySettings]) -> BoundaryKind:
    description = " ".join(inspect.cleandoc(config.__doc__ or "").split())
    return BoundaryKind(config.model_fields["type"].default, config.layer, description, config)
