"""Hardware and its readings (L3): what must be read and is not there is as bad as a bad reading."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pilothouse.guard.boundaries.boundary import Boundary, Moment
from pilothouse.guard.boundaries.hardware_settings import (
    HOST_CPU,
    HOST_DISK,
    HOST_MEMORY,
    HOST_TEMPERATURE,
    CurrentConfig,
    ForceTorqueConfig,
    HostHealthConfig,
    ObservationAgeConfig,
    TemperatureConfig,
    VoltageConfig,
)
from pilothouse.guard.kinematics import RobotModel


class ObservationAge(Boundary):
    """Source: the age by both clocks, whichever says more."""

    def __init__(self, name: str, config: ObservationAgeConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.maximum_s = config.maximum_s

    def judge(self, moment: Moment) -> str:
        if not moment.age_s <= self.maximum_s:
            return f"the observation is {moment.age_s:.3f} s old; {self.maximum_s:g} s are allowed"
        return ""


@dataclass(frozen=True, slots=True)
class Range:
    """What a channel may read."""

    channel: str
    lower: float
    upper: float
    unit: str


class ChannelRanges(Boundary):
    """Source: named channels of the observation."""

    ranges: tuple[Range, ...] = ()

    def judge(self, moment: Moment) -> str:
        channels = moment.observation.channels
        for one in self.ranges:
            reading = channels.get(one.channel)
            if reading is None:
                return f"channel {one.channel!r} is missing"
            if not one.lower <= reading <= one.upper:
                limit = one.lower if reading < one.lower else one.upper
                return f"{one.channel} reads {reading:.6g}; the limit is {limit:.6g} {one.unit}"
        return ""


class Temperature(ChannelRanges):
    """Source: channels in degrees Celsius."""

    def __init__(self, name: str, config: TemperatureConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        lower = -math.inf if config.minimum_c is None else config.minimum_c
        self.ranges = tuple(Range(one, lower, config.maximum_c, "°C") for one in config.channels)


class Current(ChannelRanges):
    """Source: channels in amperes, either way."""

    def __init__(self, name: str, config: CurrentConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.ranges = tuple(Range(one, -config.maximum_a, config.maximum_a, "A") for one in config.channels)


class Voltage(ChannelRanges):
    """Source: channels in volts."""

    def __init__(self, name: str, config: VoltageConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.ranges = tuple(Range(one, config.minimum_v, config.maximum_v, "V") for one in config.channels)


class HostHealth(ChannelRanges):
    """Source: what the loop samples of its own computer, off the loop."""

    def __init__(self, name: str, config: HostHealthConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.ranges = tuple(
            Range(channel, lower, upper, unit)
            for channel, lower, upper, unit in (
                (HOST_CPU, 0.0, config.maximum_cpu_percent, "%"),
                (HOST_MEMORY, 0.0, config.maximum_memory_percent, "%"),
                (HOST_DISK, config.minimum_disk_free_bytes, math.inf, "bytes"),
                (HOST_TEMPERATURE, -math.inf, config.maximum_temperature_c, "°C"),
            )
            if lower is not None and upper is not None
        )


class ForceTorque(Boundary):
    """Source: named channels of the observation, newtons and newton metres."""

    def __init__(self, name: str, config: ForceTorqueConfig, robot: RobotModel) -> None:
        super().__init__(name, config, robot)
        self.sums = tuple(
            (what, channels, maximum, unit)
            for what, channels, maximum, unit in (
                ("force", config.force_channels, config.maximum_n, "N"),
                ("torque", config.torque_channels, config.maximum_nm, "Nm"),
            )
            if maximum is not None
        )

    def judge(self, moment: Moment) -> str:
        channels = moment.observation.channels
        for what, names, maximum, unit in self.sums:
            for name in names:
                if name not in channels:
                    return f"channel {name!r} is missing"
            size = math.hypot(*[channels[name] for name in names])
            if not size <= maximum:
                return f"the {what} is {size:.4g} of {maximum:.4g} {unit}"
        return ""
