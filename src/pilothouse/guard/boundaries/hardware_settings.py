"""Configurations of the boundaries on hardware (L3). Each reads named channels of the observation; none may miss."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from pilothouse.guard.boundaries.settings import BoundarySettings, Name, Number, Positive
from pilothouse.guard.model import Layer

Channels = Annotated[tuple[Name, ...], Field(min_length=1, max_length=64)]


class ObservationAgeConfig(BoundarySettings):
    """Observations are young; one that is older, or does not change for so long, is rejected."""

    layer: ClassVar = Layer.L3
    type: Literal["observation_age"] = "observation_age"
    maximum_s: Positive


class TemperatureConfig(BoundarySettings):
    """Every channel reads below a temperature."""

    layer: ClassVar = Layer.L3
    type: Literal["temperature"] = "temperature"
    channels: Channels
    maximum_c: Number
    minimum_c: Number | None = None


class CurrentConfig(BoundarySettings):
    """Every channel's current, in either direction, stays below a limit."""

    layer: ClassVar = Layer.L3
    type: Literal["current"] = "current"
    channels: Channels
    maximum_a: Positive


class VoltageConfig(BoundarySettings):
    """Every channel's voltage stays within a range."""

    layer: ClassVar = Layer.L3
    type: Literal["voltage"] = "voltage"
    channels: Channels
    minimum_v: Number
    maximum_v: Number

    @model_validator(mode="after")
    def _minimum_is_below_maximum(self) -> Self:
        if self.minimum_v >= self.maximum_v:
            raise ValueError("minimum_v must be below maximum_v")
        return self


class ForceTorqueConfig(BoundarySettings):
    """The force and the torque (root of the sum of squares of their channels) stay below a limit."""

    layer: ClassVar = Layer.L3
    type: Literal["force_torque"] = "force_torque"
    force_channels: Annotated[tuple[Name, ...], Field(max_length=3)] = ()
    maximum_n: Positive | None = None
    torque_channels: Annotated[tuple[Name, ...], Field(max_length=3)] = ()
    maximum_nm: Positive | None = None

    @model_validator(mode="after")
    def _channels_and_limits_go_together(self) -> Self:
        if bool(self.force_channels) != (self.maximum_n is not None):
            raise ValueError("force_channels and maximum_n go together")
        if bool(self.torque_channels) != (self.maximum_nm is not None):
            raise ValueError("torque_channels and maximum_nm go together")
        if not self.force_channels and not self.torque_channels:
            raise ValueError("name force_channels with maximum_n, or torque_channels with maximum_nm")
        return self


HOST_CPU, HOST_MEMORY = "host.cpu_percent", "host.memory_percent"
HOST_DISK, HOST_TEMPERATURE = "host.disk_free_bytes", "host.temperature_c"


class HostHealthConfig(BoundarySettings):
    """The computer the guard runs on is well; it is looked at twice a second, and what cannot be had is refused."""

    layer: ClassVar = Layer.L3
    type: Literal["host_health"] = "host_health"
    maximum_cpu_percent: Positive | None = Field(None, description="Of all cores; channel host.cpu_percent")
    maximum_memory_percent: Positive | None = Field(None, description="In use; channel host.memory_percent")
    minimum_disk_free_bytes: Annotated[float, Field(gt=0, le=1e18, allow_inf_nan=False)] | None = Field(
        None, description="On the disk of --data; channel host.disk_free_bytes"
    )
    maximum_temperature_c: Number | None = Field(None, description="The hottest zone; channel host.temperature_c")

    @model_validator(mode="after")
    def _something_is_limited(self) -> Self:
        if not self.channels:
            raise ValueError("limit at least one of cpu, memory, disk and temperature")
        return self

    @property
    def channels(self) -> frozenset[str]:
        """What is limited."""
        limits = {
            HOST_CPU: self.maximum_cpu_percent,
            HOST_MEMORY: self.maximum_memory_percent,
            HOST_DISK: self.minimum_disk_free_bytes,
            HOST_TEMPERATURE: self.maximum_temperature_c,
        }
        return frozenset(channel for channel, limit in limits.items() if limit is not None)
