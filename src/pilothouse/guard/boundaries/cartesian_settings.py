"""Configurations of the boundaries on the tool and the links in space (L1). Base frame, metres."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pilothouse.guard.boundaries.settings import BoundarySettings, Gain, Name, Point, Positive, Size
from pilothouse.guard.model import Layer

APPROACH = "The part of the distance left that one cycle may use up: 1 is a hard wall, less slows down before it"


class Box(BoundarySettings):
    """A box the tool stays in."""

    lower_m: Point = Field(description="The corner with the smallest x, y, z")
    upper_m: Point = Field(description="The corner with the largest x, y, z")
    approach_gain: Gain = Field(0.5, description=APPROACH)
    allow_return: bool = Field(False, description="A tool found outside may move back inside, never further out")

    @model_validator(mode="after")
    def _lower_is_below_upper(self) -> Self:
        if any(low >= up for low, up in zip(self.lower_m, self.upper_m, strict=True)):
            raise ValueError("every coordinate of lower_m must be below that of upper_m")
        return self


class WorkspaceBoxConfig(Box):
    """The tool stays inside a box in the base frame; motion towards a wall is slowed and stopped at it."""

    layer: ClassVar = Layer.L1
    type: Literal["workspace_box"] = "workspace_box"


class Ball(BaseModel):
    """A sphere in the base frame."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    center_m: Point
    radius_m: Positive


class KeepOutSpheresConfig(BoundarySettings):
    """The tool stays outside spheres in the base frame; motion towards one is slowed and led around it."""

    layer: ClassVar = Layer.L1
    type: Literal["keep_out_spheres"] = "keep_out_spheres"
    spheres: Annotated[tuple[Ball, ...], Field(min_length=1, max_length=32)]
    tool_radius_m: Size = Field(0.0, description="A sphere around the tool's centre that must stay outside as well")
    approach_gain: Gain = Field(0.5, description=APPROACH)


class EndEffectorSpeedConfig(BoundarySettings):
    """The tool moves no faster than a speed; a faster motion is shortened in its own direction."""

    layer: ClassVar = Layer.L1
    type: Literal["end_effector_speed"] = "end_effector_speed"
    maximum_m_s: Positive


class OrientationLimitConfig(BoundarySettings):
    """An axis of the tool stays within an angle of a direction in the base frame: a cup stays upright."""

    layer: ClassVar = Layer.L1
    type: Literal["orientation_limit"] = "orientation_limit"
    tool_axis: Point = Field((0.0, 0.0, 1.0), description="A direction in the tool's frame")
    base_axis: Point = Field(description="The direction in the base frame it stays close to")
    maximum_angle_rad: Annotated[float, Field(gt=0, lt=3.1, allow_inf_nan=False)]
    approach_gain: Gain = Field(0.5, description=APPROACH)

    @model_validator(mode="after")
    def _axes_have_a_direction(self) -> Self:
        for name, axis in (("tool_axis", self.tool_axis), ("base_axis", self.base_axis)):
            if sum(part * part for part in axis) < 1e-12:
                raise ValueError(f"{name} needs a direction: it is zero")
        return self


class Capsule(BaseModel):
    """A segment with a radius around it; a sphere when both ends are the same point."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    from_m: Point
    to_m: Point | None = Field(None, description="The other end; a sphere when absent")
    radius_m: Positive


class LinkCapsule(Capsule):
    """A capsule that moves with a link, given in that link's frame."""

    link: Name


class LinkDistanceConfig(BoundarySettings):
    """Links, dressed in capsules, keep a distance from obstacles and from each other; needs the robot's kinematics."""

    layer: ClassVar = Layer.L1
    type: Literal["link_distance"] = "link_distance"
    links: Annotated[tuple[LinkCapsule, ...], Field(min_length=1, max_length=32)]
    obstacles: Annotated[tuple[Capsule, ...], Field(max_length=32)] = Field((), description="In the base frame")
    self_pairs: Annotated[tuple[tuple[Name, Name], ...], Field(max_length=64)] = Field(
        (), description="Pairs of links that must not come close to each other"
    )
    minimum_m: Size = Field(0.0, description="The distance that is kept between the surfaces")
    approach_gain: Gain = Field(0.5, description=APPROACH)

    @model_validator(mode="after")
    def _there_is_something_to_keep_away_from(self) -> Self:
        if not self.obstacles and not self.self_pairs:
            raise ValueError("name at least one obstacle or one pair of links in self_pairs")
        dressed = {one.link for one in self.links}
        for name in (name for pair in self.self_pairs for name in pair):
            if name not in dressed:
                raise ValueError(f"self_pairs names the link {name!r}, which has no capsule in links")
        if any(first == second for first, second in self.self_pairs):
            raise ValueError("a pair in self_pairs is of two different links")
        return self
