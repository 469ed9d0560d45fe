"""The guard, running: one engine, one loop, the commands people give them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

from pilothouse.guard.adapters import Adapters, is_apart, open_policy
from pilothouse.guard.adapters.host import Host
from pilothouse.guard.guardrail import action_of
from pilothouse.guard.loop import (
    Command,
    Counters,
    CycleListener,
    EmergencyStop,
    Engaged,
    HardwareInput,
    Loop,
    Pacer,
    RealPacer,
    Rig,
    State,
    Turn,
    Watchdog,
    after,
)
from pilothouse.guard.problems import UnknownTask
from pilothouse.guard.risk.window import RiskWindow
from pilothouse.guard.runtime.boundaries import RunningBoundaries
from pilothouse.guard.runtime.engaging import AT_START, FIXED, changed_sections, engage, host_channels
from pilothouse.guard.runtime.problems import EstopInputUnusable, NoStackfile, RestartNeeded, TaskGone
from pilothouse.guard.runtime.records import Records
from pilothouse.guard.runtime.status import ReloadOutcome
from pilothouse.guard.settings import GuardSettings
from pilothouse.guard.stackfile import BoundaryEdits, Stackfile, load
from pilothouse.guard.stackfile.callables import Unresolved, resolve
from pilothouse.guard.telemetry import MetricBus, TelemetryService
from pilothouse.kit.clock import Clock, SystemClock
from pilothouse.kit.errors import Problem
from pilothouse.kit.logs import get_logger
from pilothouse.kit.nearest import nearest

# The program has five seconds to end; a hung adapter may take so many of them.
LOOP_ENDS_S = 1.0

log = get_logger("pilothouse.guard")


class Runtime:
    """Everything a running guard owns: ``open`` reads the Stackfile, ``start`` begins, ``stop`` ends."""

    def __init__(
        self,
        settings: GuardSettings,
        stack: Stackfile,
        adapters: Adapters,
        *,
        edits: BoundaryEdits,
        records: Records,
        clock: Clock | None = None,
        pacer: Pacer | None = None,
        listeners: Sequence[CycleListener] = (),
    ) -> None:
        self.settings = settings
        self.stack = stack
        self.clock = clock or SystemClock()
        self.records = records
        pacer = self._pacer = pacer or RealPacer()
        counters = Counters()
        before_the_loop = settings.realtime_priority + 1 if settings.realtime_priority else 0
        self.emergency = EmergencyStop(self.clock, priority=before_the_loop)
        self.metric_bus = MetricBus()
        self.telemetry = TelemetryService(
            self.metric_bus,
            history=stack.telemetry.history,
            images=stack.telemetry.images,
            image_rate_hz=stack.telemetry.image_rate_hz,
            joint_names=tuple(stack.robot.joint_names),
        )
        self._host = Host(settings.data)
        self.rig = Rig(
            adapters, emergency=self.emergency, pacer=pacer, counters=counters,
            understand=partial(action_of, robot=stack.robot), host=self._host,
        )  # fmt: skip
        engaged = self._engaged(stack)
        risk = stack.risk
        self.turn = Turn(
            judge=engaged.judge, director=engaged.director, rig=self.rig, emergency=self.emergency, pacer=pacer,
            counters=counters,
            risk=RiskWindow(
                window_s=risk.window_s, elevated_after=risk.elevated_after, critical_after=risk.critical_after
            ),
        )  # fmt: skip
        self.loop = Loop(
            self.turn, self.rig, engaged.session, emergency=self.emergency, pacer=pacer, counters=counters,
            listeners=(self.telemetry, *records.listeners, *listeners),
            on_session=records.session, priority=settings.realtime_priority,
        )  # fmt: skip
        self._input: HardwareInput | None = None
        if settings.estop_function is not None:
            self._input = HardwareInput(_function(settings.estop_function, stack), self.emergency)
        self._watchdog = Watchdog(
            self._calls, self.emergency, timeout_s=settings.watchdog_timeout_s,
            policy_timeout_s=settings.policy_timeout_s, priority=before_the_loop, give_up=self.rig.give_up,
        )  # fmt: skip
        self._adapters = adapters
        self._changing = threading.Lock()
        self._last_reload: ReloadOutcome | None = None
        self.boundaries = RunningBoundaries(self, edits, any_function=settings.callbacks_over_api)

    def start(self) -> None:
        """Connect and serve; cycles come with ``begin``, or at once when the settings say so."""
        self.emergency.arm(list(self._adapters.sinks.items()))
        self.records.start()
        self.telemetry.start()
        self._host.want(host_channels(self.stack))
        self.rig.start()
        self.loop.open()
        self._watchdog.start()
        if self._input is not None:
            self._input.start()
        if self.settings.start:
            self.begin(self.settings.task)

    def stop(self) -> None:
        """End the session, tell every adapter to stop, write down what is left."""
        self.loop.end(LOOP_ENDS_S)
        self._watchdog.end()
        if self._input is not None:
            self._input.end()
        self.rig.stop()
        self.rig.end()
        self._host.stop()
        self.emergency.end()
        self.telemetry.stop()
        self.records.stop()

    # Commands.

    def begin(self, task: str = "default", n_cycles: int = -1, cycle_budget_ms: float | None = None) -> State:
        """Activate a task and cycle; raises UnknownTask, NotNow. Without a budget the Stackfile's frequency holds."""
        with self._changing:
            after(self.loop.state, Command.START)
            stack = self.stack
            if task not in stack.tasks:
                close = nearest(task, stack.tasks)
                known = f"; there are: {', '.join(sorted(stack.tasks))}"
                raise UnknownTask(task=task, hint=f"; did you mean {close!r}?" if close else known)
            engaged = self._engaged(stack, task, n_cycles, cycle_budget_ms)
            return self.loop.start(engaged)

    def pause(self) -> State:
        return self.loop.pause()

    def resume(self) -> State:
        return self.loop.resume()

    def end_session(self) -> State:
        return self.loop.stop()

    def reset(self) -> State:
        return self.loop.reset(self.rig.rearm)

    def estop(self, source: str, reason: str) -> None:
        """Stop the robot: from any thread, any signal handler, in any state."""
        self.emergency.trigger(source, reason)

    def reload(self) -> ReloadOutcome:
        """Read the Stackfile again and swap the engine, or keep the old one and raise why."""
        with self._changing:
            try:
                path = self.settings.stackfile
                if path is None:
                    raise NoStackfile
                return self.change(self.boundaries.laid_over(load(path)), "reloaded")
            except Problem as problem:
                self._last_reload = self._outcome(problem.sentence, ok=False)
                log.warning("the Stackfile was not reloaded", reason=problem.sentence)
                raise

    def change(self, stack: Stackfile, detail: str, *, keep: Callable[[], object] = lambda: None) -> ReloadOutcome:
        """Compile another Stackfile, ``keep`` it, and swap; whoever calls holds ``changing``."""
        changed = changed_sections(self.stack, stack)
        is_other_policy = "policy" in changed and is_apart(self.stack.policy) and is_apart(stack.policy)
        fixed = sorted(changed.intersection(FIXED) - ({"policy"} if is_other_policy else set()))
        if stack.robot.joint_names != self.stack.robot.joint_names:
            fixed.append("the robot's joints")
        if fixed:
            raise RestartNeeded(sections=", ".join(fixed))
        session = self.loop.session
        is_on = self.loop.state in (State.RUNNING, State.PAUSED)
        if is_on and session.task not in stack.tasks:
            raise TaskGone(task=session.task)
        period_ms = session.period_ns / 1e6 if is_on else None
        engaged = self._engaged(stack, session.task if is_on else None, session.n_cycles, period_ms)
        policy = open_policy(stack) if is_other_policy else None
        keep()
        self._host.want(host_channels(stack))
        self.stack = stack
        self.loop.replace_engine(engaged)
        if policy is not None:
            self.rig.exchange(policy)
        self._last_reload = self._outcome(detail, ok=True, changed=changed)
        log.info("engine swapped", detail=detail, config_hash=stack.config_hash)
        return self._last_reload

    @property
    def last_reload(self) -> ReloadOutcome | None:
        return self._last_reload

    @property
    def active_fallback(self) -> str | None:
        active = self.turn.director.active
        return None if active is None else active.name

    @property
    def changing(self) -> threading.Lock:
        """Held by whoever changes the configuration."""
        return self._changing

    def _calls(self) -> tuple[tuple[str, str, int], ...]:
        """Whatever can hang."""
        pressed = () if self._input is None else (("hardware", "estop input", self._input.since_ns),)
        return (*self.loop.calls(), *pressed)

    def _engaged(
        self, stack: Stackfile, task: str | None = None, n_cycles: int = -1, cycle_budget_ms: float | None = None
    ) -> Engaged:
        period_s = 1 / stack.safety.control_frequency_hz if cycle_budget_ms is None else cycle_budget_ms / 1000
        return engage(
            stack, task=task, period_s=period_s, n_cycles=n_cycles, timer=self._pacer.timer,
            estop_channel=self.settings.estop_channel,
        )  # fmt: skip

    def _outcome(self, detail: str, *, ok: bool, changed: frozenset[str] = frozenset()) -> ReloadOutcome:
        return ReloadOutcome(
            ok=ok, detail=detail, config_hash=self.stack.config_hash, at=self.clock.now_ns() / 1e9,
            restart_needed_for=sorted(changed.intersection(AT_START)),
        )  # fmt: skip


def _function(reference: str, stack: Stackfile) -> Callable[[], object]:
    try:
        return resolve(reference, stack.directory)
    except Unresolved as problem:
        raise EstopInputUnusable(reason=problem) from None
