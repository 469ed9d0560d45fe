"""The control loop: a thread with absolute deadlines, and the commands that move it between its states."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Protocol

from pilothouse.guard.fallbacks import Director
from pilothouse.guard.loop.collector import QuietCollector
from pilothouse.guard.loop.control import Command, ResetUnderWay, State, after
from pilothouse.guard.loop.counters import Counters
from pilothouse.guard.loop.emergency import EmergencyStop
from pilothouse.guard.loop.pacing import NS_PER_S, Pacer, Ticks
from pilothouse.guard.loop.priority import raised_priority
from pilothouse.guard.loop.rig import Rig
from pilothouse.guard.loop.turn import Judge, Session, Turn
from pilothouse.guard.model import Cycle, Decision
from pilothouse.kit.logs import get_logger

# The first cycle is due so long after the start: the thread has to come round first.
LEAD_NS = 1_000_000
BEGIN_S = 0.5

log = get_logger("pilothouse.guard")


class CycleListener(Protocol):
    """Hears of every cycle, on the loop's thread: microseconds, never blocking, never raising."""

    def offer(self, cycle: Cycle) -> None: ...


@dataclass(frozen=True, slots=True)
class Engaged:
    """An engine with what belongs to it; swapped as one."""

    judge: Judge
    director: Director
    session: Session
    """What a session with this engine has; its ids are filled in at the start."""


class Loop:
    """Owns the thread. Commands may come from any thread; each answers the state it led to, or raises NotNow."""

    def __init__(
        self,
        turn: Turn,
        rig: Rig,
        session: Session,
        *,
        emergency: EmergencyStop,
        pacer: Pacer,
        counters: Counters,
        listeners: Sequence[CycleListener] = (),
        on_session: Callable[[Session | None], None] = lambda session: None,
        priority: int = 0,
    ) -> None:
        self.counters = counters
        self.session = session
        """The session under way, or the last one."""
        self.cycle_id = 0
        self.running_since_ns = 0
        self._turn = turn
        self._rig = rig
        self._emergency = emergency
        self._pacer = pacer
        self._listeners = tuple(listeners)
        self._on_session = on_session
        self._priority = priority
        self._lock = threading.Lock()
        self._resetting = threading.Lock()
        self._state = State.IDLE
        self._number = 0
        self._orders: SimpleQueue[str | threading.Event] = SimpleQueue()
        self._swap: Engaged | None = None
        self._next: Engaged | None = None
        self._reported: object = None
        self._has_session = False
        self._is_warming = False
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._work, name="control-loop", daemon=True)
        emergency.on_latched(lambda: self._orders.put("emergency"))

    @property
    def state(self) -> State:
        return State.EMERGENCY if self._emergency.is_latched else self._state

    def calls(self) -> Iterable[tuple[str, str, int]]:
        """What can hang while cycles run, for the watchdog."""
        if self._state is not State.RUNNING or self._is_warming:
            return ()
        return (*self._rig.calls(), ("loop", "loop", self.running_since_ns))

    def open(self) -> None:
        self._thread.start()

    def start(self, engaged: Engaged) -> State:
        """Begin to cycle, with this engine."""
        with self._lock:
            state = after(self.state, Command.START)
            session = replace(engaged.session, session_id=self._new_id(), trace_prefix=_trace_prefix())
            self._next = replace(engaged, session=session)
            self._swap = None
            self._number += 1
            self._state = state
            self._begun.clear()
        self._orders.put("start")
        # So that whoever asks next hears of this session; a loop that is still at its last cycle may take its time.
        self._begun.wait(BEGIN_S)
        return state

    def pause(self) -> State:
        """Pause when the cycle under way is done."""
        return self._go(Command.PAUSE)

    def resume(self) -> State:
        return self._go(Command.RESUME)

    def stop(self) -> State:
        """End the session when the cycle under way is done."""
        return self._go(Command.STOP)

    def reset(self, rearm: Callable[[], None] = lambda: None) -> State:
        """Leave ``stopped`` or the emergency; ``rearm`` makes the sinks take actions again."""
        seen = self._emergency.count
        after(self.state, Command.RESET)
        # A sink may take its time, or hang: no other command, and so no client, waits for it.
        if not self._resetting.acquire(blocking=False):
            raise ResetUnderWay
        try:
            rearm()
        finally:
            self._resetting.release()
        with self._lock:
            self._state = after(self.state, Command.RESET)
            self._emergency.release(seen)
        self._orders.put("reset")
        return self.state

    def replace_engine(self, engaged: Engaged) -> None:
        """Swap the engine between two cycles, or at once when none run."""
        with self._lock:
            self._swap = engaged
        self._orders.put("swap")

    def wait_settled(self, timeout_s: float) -> bool:
        """Until the loop rests and has done what it was told before; False when it is still cycling by then."""
        settled = threading.Event()
        self._orders.put(settled)
        return settled.wait(timeout_s)

    def end(self, timeout_s: float) -> bool:
        """The thread ends after the cycle under way; False when it hangs."""
        with self._lock:
            if self._state in (State.RUNNING, State.PAUSED):
                self._state = State.STOPPED
        self._orders.put("end")
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _go(self, command: Command) -> State:
        with self._lock:
            self._state = state = after(self.state, command)
        self._orders.put(command.value)
        return state

    # From here on: the loop's own thread.

    def _work(self) -> None:
        while (order := self._orders.get()) != "end":
            if isinstance(order, threading.Event):
                order.set()
                continue
            try:
                self._attend()
            except BaseException as error:
                # A loop that breaks is a robot without a guard.
                self._emergency.trigger("loop", f"{type(error).__name__}: {error}", failure_type="loop_exception")
                log.exception("the loop broke")
        self._close_session()

    def _attend(self) -> None:
        number = self._number
        if self._state is State.RUNNING and not self._emergency.is_latched:
            is_new = self._begin(number)
            try:
                with raised_priority(self._priority), QuietCollector() as collector:
                    self._run(number, collector, is_new=is_new)
            finally:
                self.running_since_ns = 0
        self._take_swap()
        if self._emergency.is_latched:
            self._rig.is_live = False
            with self._lock:
                if self._emergency.is_latched:
                    self._state = State.EMERGENCY
            self._report_emergency()
        if self._state not in (State.RUNNING, State.PAUSED):
            self._close_session()

    def _run(self, number: int, collector: QuietCollector, *, is_new: bool) -> None:
        # Whether begun or resumed, the robot may stand anywhere; what the task has come to goes on.
        session = self.session
        self._turn.begin()
        if is_new:
            self._turn.judge.start(session.task)
        else:
            self._turn.judge.resume()
        ticks = Ticks(self._pacer.monotonic_ns() + LEAD_NS, session.period_ns)
        while self._is_running(number):
            self._take_swap()
            session = self.session
            self.running_since_ns = 0
            self._pacer.sleep_until(ticks.due_ns)
            if not self._is_running(number):
                return
            self.running_since_ns = time.monotonic_ns()  # the watchdog's own time, whatever the pacer's
            self.counters.started_late_by(max(0, self._pacer.monotonic_ns() - ticks.due_ns) / 1e6)
            cycle = self._turn.run(session, self.cycle_id, ticks.due_ns)
            self._publish(cycle)
            if 0 <= session.n_cycles <= self.cycle_id:
                self._finish(number)
            self._keep_time(ticks, collector, cycle)

    def _begin(self, number: int) -> bool:
        """A new session, or the one that was paused; whether it is new."""
        engaged, self._next = self._next, None
        if engaged is not None:
            self._close_session()
            self.session, self.cycle_id = engaged.session, 0
            self._turn.engage(engaged.judge, engaged.director, None, goes_on=False)
            self._has_session = True
            self._on_session(self.session)
            self._turn.judge.start(self.session.task)
            self._begun.set()
            self._is_warming = True
            try:
                self._rig.begin(lambda: self._is_running(number))
            finally:
                self._is_warming = False
        self._rig.is_live = True
        return engaged is not None

    def _is_running(self, number: int) -> bool:
        return self._state is State.RUNNING and self._number == number and not self._emergency.is_latched

    def _finish(self, number: int) -> None:
        with self._lock:
            if self._number == number and self._state is State.RUNNING:
                self._state = State.STOPPED

    def _keep_time(self, ticks: Ticks, collector: QuietCollector, cycle: Cycle) -> None:
        counters = self.counters
        counters.cycles += 1
        total_ms = counters.last_total_ms = cycle.latency.total
        if total_ms > cycle.deadline_ms:
            counters.overruns += 1
        now_ns = self._pacer.monotonic_ns()
        slack_ns = ticks.deadline_ns - now_ns
        if slack_ns < 0:
            counters.deadline_misses += 1
        collector.tidy(slack_ns)
        counters.skipped_ticks += ticks.advance(self._pacer.monotonic_ns())

    def _publish(self, cycle: Cycle) -> None:
        self.cycle_id += 1
        if cycle.verdict.decision is Decision.FAULT:
            self._reported = self._emergency.cause
        for listener in self._listeners:
            try:
                listener.offer(cycle)
            except Exception:
                self.counters.listener_failures += 1
                if self.counters.listener_failures == 1:
                    log.exception("a listener of cycles failed")

    def _take_swap(self) -> None:
        with self._lock:
            engaged, self._swap = self._swap, None
        if engaged is None:
            return
        session = self.session
        self.session = replace(
            engaged.session, session_id=session.session_id, trace_prefix=session.trace_prefix, task=session.task,
            period_ns=session.period_ns, n_cycles=session.n_cycles,
        )  # fmt: skip
        self._turn.engage(engaged.judge, engaged.director, session.task, goes_on=self._has_session)
        self.counters.reloads += 1

    def _report_emergency(self) -> None:
        """One cycle says that it was stopped, also when none ran."""
        cause = self._emergency.cause
        if cause is not None and cause is not self._reported:
            self._reported = cause
            self._publish(self._turn.stopped(self.session, self.cycle_id))

    def _close_session(self) -> None:
        if self._has_session:
            self._has_session = False
            self._rig.is_live = False
            self._on_session(None)

    def _new_id(self) -> str:
        moment = datetime.fromtimestamp(self._pacer.now_ns() / NS_PER_S, UTC)
        return f"sess_{moment:%Y%m%d_%H%M%S}_{secrets.token_hex(3)}"


def _trace_prefix() -> str:
    """Of ids shaped like a random UUID, of which the last group counts the cycles."""
    letters = secrets.token_hex(10)
    return f"{letters[:8]}-{letters[8:12]}-4{letters[12:15]}-a{letters[15:18]}-"
