"""Decides each cycle what may leave: PASS, CLAMP, REJECT or FAULT. Reads no clock, does no I/O, never raises."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.guard.boundaries import Boundary, Moment
from pilothouse.guard.boundaries.space import space_of
from pilothouse.guard.engine.clocks import Clocks
from pilothouse.guard.engine.findings import Finding, against
from pilothouse.guard.engine.history import History
from pilothouse.guard.engine.integrity import problem_of_action, problem_of_observation
from pilothouse.guard.engine.motion import ROBOT, Motion
from pilothouse.guard.engine.plan import Plan, PlannedGuard, plan_of
from pilothouse.guard.engine.problems import UnknownTask
from pilothouse.guard.engine.spec import EngineSpec
from pilothouse.guard.engine.verdicts import verdict_of
from pilothouse.guard.model import Action, Decision, Layer, Observation, Verdict


class Engine:
    """The guard's judgement for one robot. One thread owns it.

    ``timer`` returns seconds and only measures how long guards take; without it latencies are 0 and the budget is not
    watched here. Seconds, radians (metres for prismatic joints) everywhere.
    """

    def __init__(self, spec: EngineSpec, *, timer: Callable[[], float] | None = None) -> None:
        self.spec = spec
        self._timer = timer or _no_time
        self._joints = len(spec.robot.joints)
        self._compiled: dict[str, tuple[Plan, Motion]] = {}
        self._plan: Plan | None = None
        self._motion: Motion | None = None
        self._clocks = Clocks(spec.future_tolerance_s)
        self._history = History(self._joints, spec.period_s)
        self._whole_period = False
        self._moment = Moment()
        self._moment.space = space_of(spec.robot)
        if spec.budget_s is not None:
            for guard in spec.guards:
                for boundary in guard.boundaries:
                    boundary.hurry(spec.budget_s)

    @property
    def active_boundaries(self) -> tuple[str, ...]:
        """Names of the boundaries of the active task, by layer."""
        return self._plan.names if self._plan else ()

    @property
    def task(self) -> str | None:
        """The active task."""
        return self._plan.task if self._plan else None

    def take_over(self, other: Engine) -> bool:
        """Go on where another engine of the same robot stands: its last commands, its clocks, its task's time.

        For a swap while the robot moves, after :meth:`start`: the first step is counted from the last command, so a
        reload is no jump. In the same task a boundary whose configuration has not changed goes on with what it knows
        (a running mean, the node of a sequence); one that has changed begins here. Other joints: nothing is taken over,
        and the answer is False.
        """
        if other.spec.robot.joints != self.spec.robot.joints:
            return False
        self._history = other._history.going_on(self.spec.period_s)
        if other.task is None or other.task != self.task:
            return True
        self._clocks = other._clocks
        before = {one.name: one for guard in other.spec.guards for one in guard.boundaries}
        for boundary in self._plan.boundaries if self._plan else ():
            same = before.get(boundary.name)
            if same is not None and same.config == boundary.config and boundary.name in other.active_boundaries:
                boundary.adopt(same)
            else:
                boundary.start(other._moment.elapsed_s)
        return True

    def resume(self) -> None:
        """Go on with the task after a pause. The robot may stand anywhere by now, so motion is counted from where it is
        observed; boundaries keep what they know, and the time of the pause is not the task's."""
        self._history = History(self._joints, self.spec.period_s)
        self._clocks = self._clocks.going_on()
        if self._motion is not None:
            self._motion.start()

    def close(self) -> None:
        """Let go of the threads of callbacks; nothing passes any more."""
        self._plan = None
        for guard in self.spec.guards:
            for boundary in guard.boundaries:
                boundary.stop()

    def start(self, task: str | None) -> None:
        """Activate a task and forget the past; None: no task, so nothing passes. Raises :class:`UnknownTask`."""
        self._plan = None
        self._motion = None
        self._history = History(self._joints, self.spec.period_s)
        self._clocks = Clocks(self.spec.future_tolerance_s)
        if task is None:
            return
        chosen = self.spec.tasks.get(task)
        if chosen is None:
            raise UnknownTask(task=task, known=", ".join(sorted(self.spec.tasks)) or "none")
        if task not in self._compiled:
            plan = plan_of(self.spec, task, chosen)
            self._compiled[task] = (plan, Motion(plan, self.spec.robot))
        plan, motion = self._compiled[task]
        motion.start()
        for boundary in plan.boundaries:
            boundary.start()
        self._moment.elapsed_s = 0.0
        self._plan, self._motion = plan, motion

    def executed(self, action: Action | None, monotonic_s: float) -> None:
        """What was really sent, fallbacks too; None: nothing. The time is that of :meth:`decide`, or later."""
        self._history.moved_on = True
        try:
            if action is None or problem_of_action(action, self._joints, has_gripper=True):
                self._history.clear()
            else:
                self._history.sent(tuple(map(float, action.joint_positions)), action.gripper, monotonic_s)
        except Exception:  # noqa: BLE001 - whatever was sent cannot be counted from: begin again where the robot is
            self._history.clear()

    def decide(
        self,
        observation: Observation | None,
        action: Action | None,
        *,
        now_s: float,
        monotonic_s: float,
        fallback: bool = False,
        whole_period: bool = False,
    ) -> Verdict:
        """The verdict on an action. ``now_s`` is since the epoch, ``monotonic_s`` never steps; never raises.

        Within one cycle several actions may be put forward at the same times, as long as none was sent: a fallback's
        after the policy's. With ``fallback`` it is held to everything on motion and the gripper, and not to judges of
        the robot's state and the task, because their objection is why it steps in. With ``whole_period`` a step counts
        on a whole period even when less has passed, for a caller whose cycles come when they come.
        """
        begin = self._timer()
        try:
            self._whole_period = whole_period
            return self._decide(observation, action, now_s, monotonic_s, begin, fallback)
        except Exception as broken:  # noqa: BLE001 - whatever goes wrong in here, nothing leaves
            finding = self._own(Decision.FAULT, "engine", None, f"{type(broken).__name__}: {broken}")
            return verdict_of(self.spec, None, _kept(action), [finding])

    def _own(self, decision: Decision, boundary: str, layer: Layer | None, reason: str) -> Finding:
        return Finding(decision, boundary, layer, reason, self._plan.fallback if self._plan else None, None)

    def _rejected(self, boundary: str, layer: Layer, reason: str) -> Finding:
        return self._own(Decision.REJECT, boundary, layer, reason)

    def _decide(
        self,
        observation: Observation | None,
        action: Action | None,
        now_s: float,
        monotonic_s: float,
        begin: float,
        fallback: bool,
    ) -> Verdict:
        plan, spec = self._plan, self.spec
        findings: list[Finding] = []
        reason = self._clocks.problem(now_s, monotonic_s, again=not self._history.moved_on)
        if reason:
            findings.append(self._rejected("clock", Layer.L3, reason))
        if plan is None:
            findings.append(Finding(Decision.REJECT, "task", Layer.L2, "no task is active", spec.on_no_task, None))
        reason = problem_of_action(action, self._joints, has_gripper=spec.robot.gripper is not None)
        if reason:
            findings.append(self._rejected("action", Layer.L1, reason))
        reason = problem_of_observation(observation, self._joints)
        if reason:
            findings.append(self._rejected("observation", Layer.L3, reason))
        if reason or plan is None or observation is None:
            return verdict_of(spec, None, _kept(action), findings)
        age_s = self._clocks.age(observation.timestamp, now_s, monotonic_s)
        reason = self._clocks.problem_of_age(age_s, observation.timestamp, now_s, spec.max_obs_age_s)
        if reason:
            findings.append(self._rejected("observation", Layer.L3, reason))
        self._see(observation, action if not findings else None, age_s, monotonic_s)
        return self._judge(plan, action, begin, findings, fallback)

    def _see(self, observation: Observation, action: Action | None, age_s: float, monotonic_s: float) -> None:
        moment, history = self._moment, self._history
        moment.observation = observation
        moment.joints = tuple(map(float, observation.joint_positions))
        velocities = observation.joint_velocities
        velocities = None if velocities is None else tuple(velocities)
        moment.dt_s = history.begin(moment.joints, velocities, monotonic_s, whole_period=self._whole_period)
        assert history.position is not None
        moment.reference = history.position
        moment.speed = history.speed
        moment.acceleration = history.acceleration
        moment.requested = history.position if action is None else tuple(map(float, action.joint_positions))
        moment.gripper = None if action is None else action.gripper
        moment.candidate = None
        moment.gripper_reference = observation.gripper if history.gripper is None else history.gripper
        moment.space.see(observation, moment.joints)
        moment.age_s = age_s
        moment.elapsed_s = self._clocks.elapsed_s(monotonic_s)
        history.decided_s = monotonic_s
        history.moved_on = False

    def _judge(
        self, plan: Plan, action: Action | None, begin: float, findings: list[Finding], fallback: bool
    ) -> Verdict:
        moment, timer = self._moment, self._timer
        before = timer()
        if not findings:
            assert self._motion is not None
            moment.candidate = self._motion.solve(moment, findings)
            if moment.candidate is not None and moment.gripper is not None:
                self._grip(plan, moment, findings)
        spent = timer() - before
        statuses = []
        for guard in plan.guards:
            before = timer()
            for boundary in guard.grips if fallback else guard.judges:
                if moment.candidate is not None or not boundary.looks_at_action:
                    self._ask(guard, boundary, moment, findings)
            latency_s = timer() - before
            if guard.motion:
                latency_s, spent = latency_s + spent, 0.0
            statuses.append((guard, latency_s))
        budget_s = self.spec.budget_s
        if budget_s is not None and timer() - begin > budget_s:
            reason = f"deciding took {(timer() - begin) * 1e3:.1f} ms; {budget_s * 1e3:g} ms are allowed"
            findings.append(self._own(Decision.FAULT, "budget", None, reason))
        allowed = None if moment.candidate is None else Action(moment.candidate, moment.gripper)
        return verdict_of(self.spec, allowed, _kept(action), findings, statuses)

    def _grip(self, plan: Plan, moment: Moment, findings: list[Finding]) -> None:
        """Clamp the gripper's command; what every gripper has to keep to is its range."""
        own = self.spec.robot.gripper
        for guard in plan.guards:
            for boundary in guard.grips:
                try:
                    allowed, reason = boundary.limited(moment)
                except ValueError as problem:
                    findings.append(against(Decision.REJECT, boundary, str(problem), guard, plan.fallback))
                    continue
                if reason:
                    findings.append(against(Decision.CLAMP, boundary, reason, guard, plan.fallback))
                if guard.enforces:
                    moment.gripper = allowed
        assert moment.gripper is not None
        if own is None or not own.lower <= moment.gripper <= own.upper:
            findings.append(self._own(Decision.REJECT, ROBOT, None, f"the gripper cannot go to {moment.gripper:.4g} m"))

    def _ask(self, guard: PlannedGuard, boundary: Boundary, moment: Moment, findings: list[Finding]) -> None:
        fallback = self._plan.fallback if self._plan else None
        try:
            reason = boundary.judge(moment)
        except Exception as broken:  # noqa: BLE001 - a boundary that breaks has not said yes
            reason = f"{type(broken).__name__}: {broken}"
            findings.append(against(Decision.FAULT, boundary, reason, guard, fallback))
            return
        if reason:
            findings.append(against(Decision.REJECT, boundary, reason, guard, fallback))


def _kept(action: object) -> Action | None:
    """What was asked for goes into the record, however bad."""
    return action if isinstance(action, Action) else None


def _no_time() -> float:
    return 0.0
