"""Configurations of the boundaries that see whether an observation is of the kind the policy knows (L0)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from pilothouse.guard.boundaries.settings import BoundarySettings, Name, Number, Positive
from pilothouse.guard.model import Layer

Signal = Literal["features", "joint_positions", "joint_velocities", "action"]
Count = Annotated[int, Field(ge=1, le=1_000_000)]


class RunningZScoreConfig(BoundarySettings):
    """Every number of a signal stays within so many running standard deviations of its running mean."""

    layer: ClassVar = Layer.L0
    type: Literal["running_z_score"] = "running_z_score"
    signal: Signal = "features"
    maximum_z: Positive = Field(6.0, description="Standard deviations")
    warm_up: Annotated[int, Field(ge=2, le=1_000_000)] = Field(100, description="Cycles that only teach")
    while_warming_up: Literal["pass", "reject"] = "pass"
    minimum_deviation: Positive = Field(1e-3, description="Below this a deviation counts as this: no division by none")


class MemoryBankConfig(BoundarySettings):
    """A signal lies close to its k nearest neighbours in a bank of known good ones."""

    layer: ClassVar = Layer.L0
    type: Literal["memory_bank"] = "memory_bank"
    signal: Signal = "features"
    file: Name | None = Field(None, description="A .npy or .npz of shape (known, length); relative to the Stackfile")
    vectors: Annotated[tuple[tuple[Number, ...], ...], Field(min_length=1, max_length=10_000)] | None = None
    neighbours: Count = Field(5, description="Whose mean distance counts")
    maximum_distance: Positive

    @model_validator(mode="after")
    def _one_bank(self) -> Self:
        if (self.file is None) == (self.vectors is None):
            raise ValueError("give the bank either as file or as vectors")
        if self.vectors is not None:
            if len({len(one) for one in self.vectors}) != 1 or not self.vectors[0]:
                raise ValueError("all vectors need the same length, at least 1")
            if len(self.vectors) < self.neighbours:
                raise ValueError("the bank holds fewer vectors than neighbours asks for")
        return self
