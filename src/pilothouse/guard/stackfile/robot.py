"""The robot: joints with limits and units, gripper, tool, kinematics."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pilothouse.guard.stackfile.base import Name, Number, Positive, Section

RADIANS = ("lower_rad", "upper_rad", "velocity_rad_s", "acceleration_rad_s2", "jerk_rad_s3")
DEGREES = ("lower_deg", "upper_deg", "velocity_deg_s", "acceleration_deg_s2", "jerk_deg_s3")
METRES = ("lower_m", "upper_m", "velocity_m_s", "acceleration_m_s2", "jerk_m_s3")
Limit = Number | None
Rate = Positive | None


class JointConfig(Section):
    """One joint. A revolute one says its limits in radians or degrees, a prismatic one in metres."""

    name: Name = Field(description="The joint's name, as sources and policies use it")
    type: Literal["revolute", "continuous", "prismatic"] = Field(
        "revolute", description="A continuous joint turns without end and has no lower and upper"
    )
    lower_rad: Limit = Field(None, description="Lowest position")
    upper_rad: Limit = Field(None, description="Highest position")
    velocity_rad_s: Rate = Field(None, description="Highest speed, either way")
    acceleration_rad_s2: Rate = Field(None, description="Highest acceleration, either way")
    jerk_rad_s3: Rate = Field(None, description="Highest jerk, either way")
    lower_deg: Limit = Field(None, description="As lower_rad, in degrees")
    upper_deg: Limit = Field(None, description="As upper_rad, in degrees")
    velocity_deg_s: Rate = Field(None, description="As velocity_rad_s, in degrees")
    acceleration_deg_s2: Rate = Field(None, description="As acceleration_rad_s2, in degrees")
    jerk_deg_s3: Rate = Field(None, description="As jerk_rad_s3, in degrees")
    lower_m: Limit = Field(None, description="Lowest position of a prismatic joint")
    upper_m: Limit = Field(None, description="Highest position of a prismatic joint")
    velocity_m_s: Rate = Field(None, description="Highest speed of a prismatic joint")
    acceleration_m_s2: Rate = Field(None, description="Highest acceleration of a prismatic joint")
    jerk_m_s3: Rate = Field(None, description="Highest jerk of a prismatic joint")

    @model_validator(mode="after")
    def _units_fit(self) -> Self:
        given = [name for name in (*RADIANS, *DEGREES, *METRES) if getattr(self, name) is not None]
        wrong = RADIANS + DEGREES if self.type == "prismatic" else METRES
        for name in given:
            if name in wrong:
                unit = "metres (_m)" if self.type == "prismatic" else "radians (_rad) or degrees (_deg)"
                raise ValueError(f"{name} is not a limit of a {self.type} joint, whose limits are in {unit}")
        for radians, degrees in zip(RADIANS, DEGREES, strict=True):
            if radians in given and degrees in given:
                raise ValueError(f"{radians} and {degrees} say the same thing; keep one")
        lower, upper = self.lower, self.upper
        if self.type == "continuous" and (lower is not None or upper is not None):
            raise ValueError("a continuous joint turns without end: leave out lower and upper, or call it revolute")
        if self.type != "continuous" and (lower is None or upper is None):
            raise ValueError("lower and upper are missing; a joint without ends has type: continuous")
        if lower is not None and upper is not None and lower >= upper:
            raise ValueError(f"lower ({lower:g}) must be below upper ({upper:g})")
        return self

    def _limit(self, index: int) -> float | None:
        if self.type == "prismatic":
            found: float | None = getattr(self, METRES[index])
            return found
        degrees: float | None = getattr(self, DEGREES[index])
        radians: float | None = getattr(self, RADIANS[index])
        return math.radians(degrees) if degrees is not None else radians

    @property
    def lower(self) -> float | None:
        """Radians or metres; None for a continuous joint."""
        return self._limit(0)

    @property
    def upper(self) -> float | None:
        return self._limit(1)

    @property
    def velocity(self) -> float | None:
        """Radians or metres per second; None where the Stackfile has no limit."""
        return self._limit(2)

    @property
    def acceleration(self) -> float | None:
        return self._limit(3)

    @property
    def jerk(self) -> float | None:
        return self._limit(4)


class GripperConfig(Section):
    """The gripper: how far its fingers are apart."""

    lower_m: Number = Field(0.0, description="Closed")
    upper_m: Number = Field(description="Open")

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if self.lower_m >= self.upper_m:
            raise ValueError(f"lower_m ({self.lower_m:g}) must be below upper_m ({self.upper_m:g})")
        return self


class ToolConfig(Section):
    """Where the tool's point is, seen from the tip of the kinematic chain."""

    position_m: Annotated[tuple[Number, ...], Field(min_length=3, max_length=3)] = Field(
        (0.0, 0.0, 0.0), description="x, y, z"
    )
    quaternion: Annotated[tuple[Number, ...], Field(min_length=4, max_length=4)] = Field(
        (0.0, 0.0, 0.0, 1.0), description="x, y, z, w"
    )

    @model_validator(mode="after")
    def _is_a_rotation(self) -> Self:
        length = math.sqrt(sum(one * one for one in self.quaternion))
        if abs(length - 1) > 1e-3:
            raise ValueError(f"quaternion has length {length:g}; that of a rotation is 1")
        return self


class KinematicsConfig(Section):
    """The chain from base to tool: a URDF or an MJCF file, relative to the Stackfile, or one that is built in."""

    builtin: Literal["sim"] | None = Field(None, description="sim: the simulated arm, which is that of mujoco as well")
    urdf: Path | None = Field(None, description="A URDF file")
    mjcf: Path | None = Field(None, description="An MJCF file")
    base: str | None = Field(None, description="The link the chain begins at; its root when absent")
    tip: str | None = Field(None, description="The link (or MJCF body or site) the chain ends at")

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if [self.builtin, self.urdf, self.mjcf].count(None) != 2:
            raise ValueError("name one of urdf, mjcf and builtin")
        return self


class RobotConfig(Section):
    """What the guard knows of the robot. Everything that lists joints does it in this order."""

    name: Name = Field("robot", description="What people call it")
    joints: Annotated[tuple[JointConfig, ...], Field(min_length=1, max_length=64)] = Field(
        description="The joints, in the order of arrays"
    )
    gripper: GripperConfig | None = Field(None, description="Absent when there is none")
    tool: ToolConfig | None = Field(None, description="The tool's point; the tip itself when absent")
    kinematics: KinematicsConfig | None = Field(
        None, description="Without it the source must bring pose and Jacobian where a boundary needs them"
    )

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        repeated = [name for name, count in Counter(one.name for one in self.joints).items() if count > 1]
        if repeated:
            raise ValueError(f"two joints are called {repeated[0]!r}")
        return self

    @property
    def joint_names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.joints)
