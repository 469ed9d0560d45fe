"""The motion problem of a cycle: the target closest to the requested one that every limit allows, or none."""

from __future__ import annotations

from collections.abc import Sequence
from operator import le

from pilothouse.guard.boundaries import Moment
from pilothouse.guard.boundaries.boundary import Joints
from pilothouse.guard.boundaries.joints import JointAcceleration, JointBoundary, JointJerk
from pilothouse.guard.boundaries.space import ToolUnknown
from pilothouse.guard.boundaries.spatial import SpatialBoundary
from pilothouse.guard.boundaries.speeds import SpeedBoundary
from pilothouse.guard.engine.findings import Finding, Owned, against
from pilothouse.guard.engine.pace import Pace
from pilothouse.guard.engine.plan import MotionBoundary, Plan
from pilothouse.guard.engine.walls import Walls
from pilothouse.guard.kinematics import RobotModel
from pilothouse.guard.model import Decision

ROUNDING = 1e-9
"""A box this little empty is not empty but rounded."""

ROBOT = "robot"
"""Who decides when a target leaves what the robot's own joints can do and no boundary has clamped it."""


class Motion:
    """Solves the motion of one plan. Whatever it returns has passed every check; None: nothing may be returned."""

    def __init__(self, plan: Plan, robot: RobotModel) -> None:
        self._fallback = plan.fallback
        self._robot = robot
        self._box, self._own = plan.box, plan.own
        enforced = [(guard, one) for guard in plan.guards if guard.enforces for one in guard.motion]
        self._watched = [(guard, one) for guard in plan.guards if not guard.enforces for one in guard.motion]
        self._limited = [(guard, one) for guard, one in enforced if isinstance(one, JointBoundary)]
        walls = [(guard, one) for guard, one in enforced if isinstance(one, SpatialBoundary)]
        pace = [(guard, one) for guard, one in enforced if isinstance(one, SpeedBoundary)]
        self._walls = Walls(walls, len(robot.joints), plan.fallback, plan.brakes) if walls else None
        self._pace = Pace(pace, plan.fallback) if pace else None

    def start(self) -> None:
        """A task begins."""
        if self._walls is not None:
            self._walls.start()

    def solve(self, moment: Moment, findings: list[Finding]) -> Joints | None:
        """The target that may leave; what is wrong with the requested one is added to ``findings``."""
        for owned in self._watched:
            self._watch(owned, moment, findings)
        clipped: Joints | None = moment.requested
        box = None
        if self._box is not None:
            box = self._box(moment.reference, moment.speed, moment.acceleration, moment.dt_s)
            clipped = self._clipped(moment, *box, findings)
        if clipped is None:
            return None
        if self._own is not None:
            own = self._own(moment.reference, moment.speed, moment.acceleration, moment.dt_s)
            if self._beyond_the_robot(clipped, *own, findings):
                return None
            box = own if box is None else (tuple(map(max, box[0], own[0])), tuple(map(min, box[1], own[1])))
        assert box is not None
        target: Joints | None = clipped
        if self._walls is not None:
            target = self._walls.keep(moment, clipped, box, findings)
        if self._pace is not None and target is not None:
            target = self._pace.slow(moment, target, box, findings)
        if target is None or target is moment.requested:
            return target
        return target if self._holds(moment, target, box, findings) else None

    def _holds(self, moment: Moment, target: Joints, box: tuple[Joints, Joints], findings: list[Finding]) -> bool:
        """Everything once more, on what has been changed, whichever way it was changed."""
        lower, upper = box
        if not (all(map(le, lower, target)) and all(map(le, target, upper))):
            for joint, low, here, high in zip(self._robot.joints, lower, target, upper, strict=True):
                if not low - ROUNDING <= here <= high + ROUNDING:
                    reason = f"{joint.name} cannot be brought within its limits"
                    self._object(Decision.REJECT, self._limited, reason, findings)
                    return False
        before = len(findings)
        for part in (self._walls, self._pace):
            if part is not None:
                part.recheck(moment, target, findings)
        return len(findings) == before

    def _clipped(self, moment: Moment, lower: Joints, upper: Joints, findings: list[Finding]) -> Joints | None:
        requested = moment.requested
        if all(map(le, lower, requested)) and all(map(le, requested, upper)):
            return requested
        target = tuple(map(max, lower, map(min, upper, requested)))
        if not all(map(le, target, upper)):
            for joint, low, high in zip(self._robot.joints, lower, upper, strict=True):
                if not low - high <= ROUNDING:
                    reason = f"no target of {joint.name} satisfies the joint limits together"
                    self._object(Decision.REJECT, self._limited, reason, findings)
                    return None
        self._blame_joints(moment, findings)
        return target

    def _blame_joints(self, moment: Moment, findings: list[Finding]) -> None:
        before, requested = len(findings), moment.requested
        for guard, boundary in self._limited:
            reason = boundary.why(moment, requested)
            if reason:
                findings.append(against(Decision.CLAMP, boundary, reason, guard, self._fallback))
        if len(findings) == before:
            slow = [one for one in self._limited if isinstance(one[1], JointAcceleration | JointJerk)]
            self._object(Decision.CLAMP, (slow or self._limited)[:1], "has to brake before a limit", findings)

    def _watch(self, owned: Owned[MotionBoundary], moment: Moment, findings: list[Finding]) -> None:
        """What a boundary would clamp of the request."""
        guard, boundary = owned
        try:
            reason = boundary.why(moment, moment.requested)
        except ToolUnknown as unknown:
            findings.append(against(Decision.REJECT, boundary, str(unknown), guard, self._fallback))
            return
        if reason:
            findings.append(against(Decision.CLAMP, boundary, reason, guard, self._fallback))

    def _object(
        self, decision: Decision, owned: Sequence[Owned[JointBoundary]], reason: str, findings: list[Finding]
    ) -> None:
        findings.extend([against(decision, one, reason, guard, self._fallback) for guard, one in owned])

    def _beyond_the_robot(self, target: Joints, lower: Joints, upper: Joints, findings: list[Finding]) -> bool:
        for joint, low, here, high in zip(self._robot.joints, lower, target, upper, strict=True):
            if not low - ROUNDING <= here <= high + ROUNDING:
                reason = f"{joint.name} would jump to {here:.6g}; in one step it can go from {low:.6g} to {high:.6g}"
                findings.append(Finding(Decision.REJECT, ROBOT, None, reason, self._fallback, None))
                return True
        return False
