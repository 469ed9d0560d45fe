"""Configurations of the boundaries of a task (L2)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pilothouse.guard.boundaries.cartesian_settings import Box
from pilothouse.guard.boundaries.settings import BoundarySettings, Name, Number, Point, Positive
from pilothouse.guard.model import Layer

FunctionName = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$", max_length=300)
]


class TaskWorkspaceConfig(Box):
    """The tool stays inside the box this task needs; held like the robot's workspace, reported for the task."""

    layer: ClassVar = Layer.L2
    type: Literal["task_workspace"] = "task_workspace"


class JointSpeedNormConfig(BoundarySettings):
    """The joints together (root of the sum of squares) move no faster; a faster motion is shortened."""

    layer: ClassVar = Layer.L2
    type: Literal["joint_speed_norm"] = "joint_speed_norm"
    maximum_rad_s: Positive


class Zone(BaseModel):
    """A box in the base frame."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    lower_m: Point
    upper_m: Point

    @model_validator(mode="after")
    def _lower_is_below_upper(self) -> Self:
        if any(low >= up for low, up in zip(self.lower_m, self.upper_m, strict=True)):
            raise ValueError("every coordinate of lower_m must be below that of upper_m")
        return self


class GripperCommandConfig(BoundarySettings):
    """What the gripper may be told: a range and a speed (clamped), where it may open and how fast the arm may be."""

    layer: ClassVar = Layer.L2
    type: Literal["gripper_command"] = "gripper_command"
    lower_m: Number | None = Field(None, description="The robot's when absent")
    upper_m: Number | None = Field(None, description="The robot's when absent")
    maximum_m_s: Positive | None = Field(None, description="How fast its target may move; needs the gripper observed")
    open_only_inside: Zone | None = Field(None, description="The tool must be here to open the gripper further")
    still_below_rad_s: Positive | None = Field(
        None, description="The gripper may move only while every joint is commanded slower than this"
    )


class NodeTimeoutConfig(BoundarySettings):
    """The task, as one node, ends in time: every action after that is rejected until the task is started again."""

    layer: ClassVar = Layer.L2
    type: Literal["node_timeout"] = "node_timeout"
    timeout_s: Positive = Field(description="Counted from the first cycle after the start")


class Step(BaseModel):
    """One node of a sequence: where the tool may be, when it is done, how long it may take."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    name: Name
    inside: Zone | None = Field(None, description="The tool stays here during this node")
    goal_m: Point | None = Field(None, description="Reached, the next node begins")
    tolerance_m: Positive = 0.01
    gripper_below_m: Number | None = Field(None, description="Done only when the gripper is observed below this")
    gripper_above_m: Number | None = Field(None, description="Done only when the gripper is observed above this")
    timeout_s: Positive | None = Field(None, description="The node ends in time, or everything is rejected")

    @property
    def ends(self) -> bool:
        return self.goal_m is not None or self.gripper_below_m is not None or self.gripper_above_m is not None


class SequenceConfig(BoundarySettings):
    """Nodes one after the other, each with its own zone, goal and timeout; a target outside the zone is rejected."""

    layer: ClassVar = Layer.L2
    type: Literal["sequence"] = "sequence"
    nodes: Annotated[tuple[Step, ...], Field(min_length=1, max_length=64)]
    repeat: bool = Field(False, description="After the last node the first begins again")

    @model_validator(mode="after")
    def _nodes_can_be_told_apart_and_end(self) -> Self:
        names = [one.name for one in self.nodes]
        if len(set(names)) != len(names):
            raise ValueError("every node needs a name of its own")
        for one in self.nodes if self.repeat else self.nodes[:-1]:
            if not one.ends:
                raise ValueError(f"node {one.name!r} never ends: give it goal_m, gripper_below_m or gripper_above_m")
        return self


class CallbackConfig(BoundarySettings):
    """A function of yours decides: ``function(observation, action, **parameters)`` returns True, or False or a reason.

    It runs on a thread of its own. An exception, any other answer, or none within ``budget_ms`` is FAULT.
    """

    layer: ClassVar = Layer.L2
    type: Literal["callback"] = "callback"
    function: FunctionName = Field(description="module:function")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Checked against the signature at load")
    budget_ms: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = Field(5.0, description="Time to answer")
