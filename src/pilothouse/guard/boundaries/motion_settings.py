"""Configurations of the boundaries on joints (L1). Prismatic joints read metres for radians."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from pilothouse.guard.boundaries.settings import BoundarySettings, Gain, PerJoint, PositivePerJoint, Size
from pilothouse.guard.model import Layer


class JointPositionConfig(BoundarySettings):
    """Joint targets stay between a lower and an upper limit; what lies outside is clamped to the limit."""

    layer: ClassVar = Layer.L1
    type: Literal["joint_position"] = "joint_position"
    lower_rad: PerJoint | None = Field(None, description="One per joint; the robot's limits when absent")
    upper_rad: PerJoint | None = Field(None, description="One per joint; the robot's limits when absent")
    margin_rad: Size = Field(0.0, description="Taken off both ends")
    allow_return: bool = Field(False, description="A joint found outside may move back inside, never further out")

    @model_validator(mode="after")
    def _lower_is_below_upper(self) -> Self:
        if self.lower_rad and self.upper_rad:
            if len(self.lower_rad) != len(self.upper_rad):
                raise ValueError("lower_rad and upper_rad need one value per joint each")
            pairs = zip(self.lower_rad, self.upper_rad, strict=True)
            if any(low + self.margin_rad >= high - self.margin_rad for low, high in pairs):
                raise ValueError("every lower_rad must be below its upper_rad, the margin taken off both")
        return self


class JointVelocityConfig(BoundarySettings):
    """Joint targets move no faster than a speed per joint, counted from the last command; the rest is clamped."""

    layer: ClassVar = Layer.L1
    type: Literal["joint_velocity"] = "joint_velocity"
    maximum_rad_s: PositivePerJoint | None = Field(None, description="One per joint; the robot's when absent")
    scale: Gain = Field(1.0, description="The part of the limit that may be used, above 0 to 1")


class JointAccelerationConfig(BoundarySettings):
    """Commanded joint speeds change no faster than a limit, and leave room to brake before a position limit."""

    layer: ClassVar = Layer.L1
    type: Literal["joint_acceleration"] = "joint_acceleration"
    maximum_rad_s2: PositivePerJoint | None = Field(None, description="One per joint; the robot's when absent")
    scale: Gain = Field(1.0, description="The part of the limit that may be used, above 0 to 1")


class JointJerkConfig(BoundarySettings):
    """Commanded joint accelerations change no faster than a limit; the rest is clamped."""

    layer: ClassVar = Layer.L1
    type: Literal["joint_jerk"] = "joint_jerk"
    maximum_rad_s3: PositivePerJoint | None = Field(None, description="One per joint; the robot's when absent")
    scale: Gain = Field(1.0, description="The part of the limit that may be used, above 0 to 1")
