"""The motion problem of a cycle: the target closest to the requested one that every limit allows, or none."""

from __future__ import annotations

from pilothouse.guard.boundaries import Moment
from pilothouse.guard.boundaries.boundary import Joints
from pilothouse.guard.boundaries.joints import JointAcceleration, JointBoundary, JointJerk
from pilothouse.guard.engine.findings import Finding, against
from pilothouse.guard.engine.plan import Plan, PlannedGuard
from pilothouse.guard.kinematics import RobotModel
from pilothouse.guard.model import Decision

ROUNDING = 1e-9
"""A box this little empty is not empty but rounded."""

UNKNOWN_SPEED = 6.3
"""Of a joint whose speed nobody has told, radians (or metres) per second: about one turn. More is a jump."""

ROBOT = "robot"
"""Who decides when a target leaves what the robot's own joints can do and no boundary has clamped it."""


class Motion:
    """Solves the motion of one plan. Whatever it returns has passed every check; None: nothing may be returned."""

    def __init__(self, plan: Plan, robot: RobotModel) -> None:
        self._plan = plan
        self._robot = robot
        self._box = plan.box
        self._enforced = tuple((guard, one) for guard in plan.guards if guard.enforces for one in guard.motion)
        self._watched = tuple((guard, one) for guard in plan.guards if not guard.enforces for one in guard.motion)
        # What a boundary clamps need not be asked of the robot again.
        self._range = None if plan.limits.lower else tuple((one.lower, one.upper) for one in robot.joints)
        speeds = tuple(UNKNOWN_SPEED if one.velocity is None else one.velocity for one in robot.joints)
        self._speeds = None if plan.limits.velocity else speeds

    def solve(self, moment: Moment, findings: list[Finding]) -> Joints | None:
        """The target that may leave; what is wrong with the requested one is added to ``findings``."""
        requested = target = moment.requested
        if self._box is not None:
            lower, upper = self._box(moment.reference, moment.speed, moment.acceleration, moment.dt_s)
            for low, here, high in zip(lower, requested, upper, strict=True):
                if not low <= here <= high:
                    clipped = self._clip(moment, lower, upper, findings)
                    if clipped is None:
                        return None
                    target = clipped
                    break
        for guard, boundary in self._watched:
            self._watch(guard, boundary, moment, findings)
        own = self._problem_of_the_robot(moment, target)
        if own:
            findings.append(Finding(Decision.REJECT, ROBOT, None, own, self._plan.fallback, None))
            return None
        return target

    def _clip(self, moment: Moment, lower: Joints, upper: Joints, findings: list[Finding]) -> Joints | None:
        target = []
        for number, (low, here, high) in enumerate(zip(lower, moment.requested, upper, strict=True)):
            if low - high > ROUNDING:
                self._blame_conflict(number, findings)
                return None
            target.append(low if here < low else min(here, max(low, high)))
        self._blame(moment, findings)
        return tuple(target)

    def _blame(self, moment: Moment, findings: list[Finding]) -> None:
        blamed = False
        for guard, boundary in self._enforced:
            reason = boundary.why(moment, moment.requested)
            if reason:
                blamed = True
                findings.append(against(Decision.CLAMP, boundary, reason, guard, self._plan.fallback))
        if not blamed:
            guard, boundary = self._slowest()
            reason = "has to brake before a limit"
            findings.append(against(Decision.CLAMP, boundary, reason, guard, self._plan.fallback))

    def _blame_conflict(self, number: int, findings: list[Finding]) -> None:
        reason = f"no target of {self._robot.joints[number].name} satisfies the joint limits together"
        for guard, boundary in self._enforced:
            findings.append(against(Decision.REJECT, boundary, reason, guard, self._plan.fallback))

    def _slowest(self) -> tuple[PlannedGuard, JointBoundary]:
        slow = [one for one in self._enforced if isinstance(one[1], JointAcceleration | JointJerk)]
        return (slow or list(self._enforced))[0]

    def _watch(self, guard: PlannedGuard, boundary: JointBoundary, moment: Moment, findings: list[Finding]) -> None:
        reason = boundary.why(moment, moment.requested)
        if reason:
            findings.append(against(Decision.CLAMP, boundary, reason, guard, self._plan.fallback))

    def _problem_of_the_robot(self, moment: Moment, target: Joints) -> str:
        if self._range is not None:
            for joint, here, (low, high) in zip(self._robot.joints, target, self._range, strict=True):
                if not low <= here <= high:
                    return f"{joint.name} at {here:.6g} is outside what it can reach, {low:.6g} to {high:.6g}"
        if self._speeds is not None:
            dt = moment.dt_s
            for joint, here, there, speed in zip(
                self._robot.joints, moment.reference, target, self._speeds, strict=True
            ):
                if not abs(there - here) <= speed * dt + ROUNDING:
                    return f"{joint.name} would jump from {here:.6g} to {there:.6g} in {dt * 1e3:.3g} ms"
        return ""
