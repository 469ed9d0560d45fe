"""What a boundary is to the engine, and what it gets to see."""

from __future__ import annotations

from pilothouse.guard.boundaries.settings import BoundarySettings
from pilothouse.guard.boundaries.space import Joints, Space
from pilothouse.guard.kinematics import RobotModel
from pilothouse.guard.model import Layer, Observation

__all__ = ["Boundary", "Joints", "Moment"]


class Moment:
    """One cycle as boundaries see it. Joints in radians (metres if prismatic), everything finite and of full length.

    ``gripper`` is the command that would be sent, ``gripper_reference`` the last one or else the observed one.
    ``requested`` is what the policy wants, ``candidate`` what would be sent (None when nothing may, the motion having
    been rejected), both joint targets. ``reference`` is the last command, or the observed position when there is none;
    ``speed`` and ``acceleration`` are those commanded last. ``elapsed_s`` counts from the task's first cycle;
    ``space`` knows where the tool is for joint targets.
    """

    __slots__ = (
        "acceleration",
        "age_s",
        "candidate",
        "dt_s",
        "elapsed_s",
        "gripper",
        "gripper_reference",
        "joints",
        "observation",
        "reference",
        "requested",
        "space",
        "speed",
    )

    observation: Observation
    joints: Joints
    requested: Joints
    candidate: Joints | None
    gripper: float | None
    gripper_reference: float | None
    reference: Joints
    speed: Joints
    acceleration: Joints
    dt_s: float
    age_s: float
    elapsed_s: float
    space: Space


class Boundary:
    """A compiled boundary. ``judge`` answers with the reason to reject, or nothing; whatever it raises is FAULT."""

    looks_at_action = False
    """Not asked when there is no candidate left to look at."""

    def __init__(self, name: str, config: BoundarySettings, robot: RobotModel) -> None:
        self.name = name
        self.config = config
        self.layer: Layer = config.layer
        self.type = config.type
        self.fallback = config.fallback
        self.robot = robot

    def start(self, elapsed_s: float = 0.0) -> None:
        """A task begins, or this boundary is new in one that has run for so long: forget what was."""

    def hurry(self, within_s: float) -> None:
        """No answer may take longer than a whole decision may."""

    def adopt(self, before: Boundary) -> None:
        """Go on with what ``before`` knows, which has the same configuration and does not judge any more."""

    def stop(self) -> None:
        """The engine is replaced or done: let go of threads."""

    def judge(self, moment: Moment) -> str:
        """Why the candidate, or the state of the robot, is not acceptable; empty when it is."""
        return ""
