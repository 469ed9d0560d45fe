"""The boundaries of one task, sorted by what the engine does with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pilothouse.guard.boundaries import Boundary
from pilothouse.guard.boundaries.gripper import GripperCommand
from pilothouse.guard.boundaries.joints import JointBoundary
from pilothouse.guard.boundaries.spatial import SpatialBoundary
from pilothouse.guard.boundaries.speeds import SpeedBoundary
from pilothouse.guard.engine.box import BoxOf, JointLimits, compile_box
from pilothouse.guard.engine.brakes import Brakes
from pilothouse.guard.engine.spec import EngineSpec, GuardSpec, TaskSpec
from pilothouse.guard.kinematics import RobotModel
from pilothouse.guard.model import Enforcement

MotionBoundary = JointBoundary | SpatialBoundary | SpeedBoundary
"""What the motion problem holds; everything else judges its result."""

UNKNOWN_SPEED = 6.3
"""Of a joint whose speed nobody has told, radians (or metres) per second: about one turn. More is a jump."""

WEAKER = (Enforcement.ENFORCE, Enforcement.MONITOR, Enforcement.LOG_ONLY)


class PlannedGuard:
    """A guard with at least one boundary in the task. ``number`` is its place in layer order."""

    __slots__ = ("boundaries", "grips", "judges", "layer", "mode", "motion", "name", "number")

    def __init__(self, number: int, guard: GuardSpec, boundaries: Sequence[Boundary], mode: Enforcement) -> None:
        self.number = number
        self.name = guard.name
        self.layer = guard.layer
        self.mode = max(mode, guard.mode, key=WEAKER.index)
        self.boundaries = tuple(boundaries)
        self.motion = tuple(one for one in boundaries if isinstance(one, MotionBoundary))
        self.grips = tuple(one for one in boundaries if isinstance(one, GripperCommand))
        self.judges = tuple(one for one in boundaries if type(one).judge is not Boundary.judge)

    @property
    def enforces(self) -> bool:
        return self.mode is Enforcement.ENFORCE


@dataclass(frozen=True, slots=True)
class Plan:
    """What a task holds the robot to. Motion of guards that only watch is not in the box.

    ``own`` is the box of what the robot itself can do, as far as no boundary limits it; beyond it nothing is clamped.
    """

    task: str
    fallback: str | None
    guards: tuple[PlannedGuard, ...]
    box: BoxOf | None
    own: BoxOf | None
    boundaries: tuple[Boundary, ...]
    names: tuple[str, ...]
    brakes: Brakes | None = None


def plan_of(spec: EngineSpec, task: str, chosen: TaskSpec) -> Plan:
    """Sort the boundaries of the task."""
    names = set(chosen.boundaries)
    guards: list[PlannedGuard] = []
    for guard in sorted(spec.guards, key=lambda one: one.layer.value):
        active = [one for one in guard.boundaries if one.name in names]
        if active:
            guards.append(PlannedGuard(len(guards), guard, active, spec.mode))
    limits = JointLimits.of(one for guard in guards if guard.enforces for one in guard.motion)
    return Plan(
        task=task,
        fallback=chosen.fallback,
        guards=tuple(guards),
        box=compile_box(limits, len(spec.robot.joints)),
        own=_own_box(limits, spec.robot),
        boundaries=tuple(one for guard in guards for one in guard.boundaries),
        names=tuple(one.name for guard in guards for one in guard.boundaries),
        brakes=Brakes.of(limits, spec.period_s),
    )


def _own_box(limits: JointLimits, robot: RobotModel) -> BoxOf | None:
    speeds = tuple(UNKNOWN_SPEED if one.velocity is None else one.velocity for one in robot.joints)
    own = JointLimits(
        lower=None if limits.lower else tuple(one.lower for one in robot.joints),
        upper=None if limits.upper else tuple(one.upper for one in robot.joints),
        velocity=None if limits.velocity else speeds,
        acceleration=None,
        jerk=None,
        allow_return=False,
    )
    return compile_box(own, len(robot.joints))
