"""What the configuration of every boundary has, and the numbers it is written in."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pilothouse.guard.model import Layer

Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e6)]
Size = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e6)]
Gain = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)]
Point = tuple[Number, Number, Number]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
PerJoint = Annotated[tuple[Number, ...], Field(min_length=1, max_length=64)]
PositivePerJoint = Annotated[tuple[Positive, ...], Field(min_length=1, max_length=64)]


class BoundarySettings(BaseModel):
    """What boundaries of every kind may say about themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    layer: ClassVar[Layer]

    type: str
    fallback: Name | None = Field(None, description="What steps in when this boundary rejects; the task's when absent")
