"""A control loop on fakes: its own time, robots that do what a test says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pilothouse.guard.adapters import Adapters
from pilothouse.guard.fallbacks import Director, FallbackPlan
from pilothouse.guard.loop import Counters, EmergencyStop, Engaged, Loop, Rig, Session, State, Turn
from pilothouse.guard.model import Action, Cycle, Decision, Observation, RiskLevel, Verdict
from pilothouse.guard.risk.window import RiskWindow
from pilothouse.kit.clock import ManualClock, SystemClock
from tests.support.processes import eventually

JOINTS = 2
STILL = (0.0,) * JOINTS
LONGEST_SLEEP_S = 0.02
SESSION = Session("", "", "default", 20_000_000, -1, "c0ffee")


class SteppedPacer:
    """Time moves only when the loop sleeps, to where it wanted, and by what a test adds.

    While it stands still the robot and the policy have ``patience`` times as long to answer in.
    """

    patience = 400

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.slept: list[int] = []

    def monotonic_ns(self) -> int:
        return self.clock.monotonic_ns()

    def now_ns(self) -> int:
        return self.clock.now_ns()

    def sleep_until(self, monotonic_ns: int) -> None:
        self.slept.append(monotonic_ns)
        left_ns = monotonic_ns - self.clock.monotonic_ns()
        if left_ns > 0:
            self.clock.advance(left_ns / 1e9)

    def left_s(self, until_ns: int) -> float:
        return self.patience * (until_ns - self.clock.monotonic_ns()) / 1e9

    def timer(self) -> float:
        return self.clock.monotonic_ns() / 1e9


class UnhurriedPacer(SteppedPacer):
    """For guards that serve: it does sleep, if never long; all else takes as long as a busy machine needs."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock(SystemClock().now_ns())

    def sleep_until(self, monotonic_ns: int) -> None:
        left_s = (monotonic_ns - self.clock.monotonic_ns()) / 1e9
        time.sleep(max(0.0, min(left_s, LONGEST_SLEEP_S)))
        super().sleep_until(monotonic_ns)


class FakeSource:
    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.positions: tuple[float, ...] = STILL
        self.channels: Mapping[str, float] = {}
        self.before_read: Callable[[], None] = lambda: None
        self.is_stopped = False

    def start(self) -> None: ...

    def read(self) -> Observation | None:
        self.before_read()
        return Observation(self.clock.now_ns() / 1e9, self.positions, channels=self.channels)

    def stop(self) -> None:
        self.is_stopped = True


class FakePolicy:
    """Answers with ``say`` of the observation."""

    def __init__(self) -> None:
        self.say: Callable[[Observation], Any] = lambda observation: Action((0.5,) * JOINTS)
        self.resets = 0

    def predict(self, observation: Observation) -> Any:
        return self.say(observation)

    def reset(self) -> None:
        self.resets += 1


class FakeSink:
    """Remembers what it was told, in order."""

    def __init__(self) -> None:
        self.told: list[Action | str] = []
        self.before_apply: Callable[[], None] = lambda: None
        self.stopped = threading.Event()

    @property
    def applied(self) -> list[Action]:
        return [one for one in self.told if isinstance(one, Action)]

    def apply(self, action: Action) -> None:
        self.before_apply()
        self.told.append(action)

    def emergency_stop(self) -> None:
        self.told.append("emergency_stop")
        self.stopped.set()

    def stop(self) -> None:
        self.told.append("stop")


class FakeJudge:
    """Passes everything, unless ``rule`` of the action says otherwise."""

    def __init__(self) -> None:
        self.rule: Callable[[Action], Verdict | None] = lambda action: None
        self.started: list[str | None] = []
        self.sent: list[Action | None] = []
        self.decided: list[Action | None] = []
        self.resumed = 0
        self.before: object = None
        self.takes_over = False
        self.is_closed = False

    @property
    def active_boundaries(self) -> tuple[str, ...]:
        return ("limits",)

    def start(self, task: str | None) -> None:
        self.started.append(task)

    def resume(self) -> None:
        self.resumed += 1

    def take_over(self, other: object) -> bool:
        self.before = other
        return self.takes_over

    def close(self) -> None:
        self.is_closed = True

    def decide(
        self,
        observation: Observation | None,
        action: Action | None,
        *,
        now_s: float,
        monotonic_s: float,
        fallback: bool = False,
    ) -> Verdict:
        self.decided.append(action)
        if action is None or observation is None:
            return rejected("nothing to judge")
        return self.rule(action) or Verdict(Decision.PASS, action, action)

    def executed(self, action: Action | None, monotonic_s: float) -> None:
        self.sent.append(action)


def rejected(reason: str = "too fast", fallback: str | None = None) -> Verdict:
    return Verdict(Decision.REJECT, None, None, (reason,), fallback=fallback, boundary="limits")


class Ears:
    """A listener that remembers; ``at`` lets a test act on the loop's own thread, between two cycles."""

    def __init__(self) -> None:
        self.cycles: list[Cycle] = []
        self.at: dict[int, Callable[[], object]] = {}

    def offer(self, cycle: Cycle) -> None:
        self.cycles.append(cycle)
        act = self.at.pop(len(self.cycles), None)
        if act is not None:
            act()


class Bench:
    """A loop with everything around it; ``with`` it, its thread ends."""

    def __init__(self, *, plans: Mapping[str, FallbackPlan] | None = None, pacer: Any = None) -> None:
        self.pacer = pacer or SteppedPacer()
        clock = getattr(self.pacer, "clock", ManualClock())
        self.source, self.policy, self.sink, self.judge = FakeSource(clock), FakePolicy(), FakeSink(), FakeJudge()
        self.counters, self.ears = Counters(), Ears()
        self.emergency = EmergencyStop(clock)
        self.director = Director(plans or {})
        self.sessions: list[Session | None] = []
        adapters = Adapters({"arm": self.source}, self.policy, {"arm": self.sink})
        self.rig = Rig(
            adapters, emergency=self.emergency, pacer=self.pacer, counters=self.counters, understand=lambda given: given
        )
        self.turn = Turn(
            judge=self.judge, director=self.director, rig=self.rig, emergency=self.emergency, pacer=self.pacer,
            counters=self.counters, risk=RiskWindow(),
        )  # fmt: skip
        self.loop = Loop(
            self.turn, self.rig, SESSION, emergency=self.emergency, pacer=self.pacer, counters=self.counters,
            listeners=(self.ears,), on_session=self.sessions.append,
        )  # fmt: skip

    def __enter__(self) -> Bench:
        self.emergency.arm([("arm", self.sink)])
        self.rig.start()
        self.loop.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.end(5.0)
        self.rig.end()
        self.emergency.end()

    def engaged(self, n_cycles: int = -1, **facts: Any) -> Engaged:
        return Engaged(self.judge, self.director, replace(SESSION, n_cycles=n_cycles, **facts))

    def run(self, n_cycles: int, **facts: Any) -> list[Cycle]:
        """So many cycles, or fewer if something ends them; answers those of this run."""
        before = len(self.ears.cycles)
        self.loop.start(self.engaged(n_cycles, **facts))
        self.wait_for(State.STOPPED, State.EMERGENCY)
        self.settle()
        return self.ears.cycles[before:]

    def wait_for(self, *states: State) -> None:
        eventually(lambda: self.loop.state in states, deadline_s=20, what=f"{states}, not {self.loop.state}")

    def settle(self) -> None:
        """Until the loop's thread has nothing more to do, and every sink has been told."""
        assert self.loop.wait_settled(20)
        eventually(lambda: self.emergency.is_done, deadline_s=20, what="the sinks to be told")


__all__ = [
    "Bench",
    "Ears",
    "FakeJudge",
    "FakePolicy",
    "FakeSink",
    "FakeSource",
    "RiskLevel",
    "SteppedPacer",
    "UnhurriedPacer",
    "rejected",
]
