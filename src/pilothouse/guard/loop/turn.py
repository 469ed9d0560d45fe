"""One turn of the loop: observe, ask, judge, act, and say what happened."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any, NamedTuple, Protocol

from pilothouse.guard.fallbacks import Director, FallbackKind, FallbackPlan, Motion, propose
from pilothouse.guard.loop.counters import Counters
from pilothouse.guard.loop.emergency import EmergencyStop
from pilothouse.guard.loop.pacing import NS_PER_S, Pacer
from pilothouse.guard.loop.rig import Answer, Rig
from pilothouse.guard.model import Action, Cycle, Decision, Enforcement, Latency, Observation, RiskLevel, Verdict

# Of a cycle's time: when sources must be back, and when the policy; the rest is for the guards and the sinks.
SOURCES_SHARE = 0.25
POLICY_SHARE = 0.8

# As the engine calls a decision that took too long: nothing leaves, and the next may be in time. A fault of anything
# else is one that nobody knows how to go on from. What is slow for long is the watchdog's.
BUDGET = "budget"
# What an engine must know of the past to know speed and acceleration.
SENT_KEPT = 4

# From here on the channel of an emergency stop is pressed.
PRESSED = 0.5

_MS = 1e6


class Judge(Protocol):
    """The engine, as the loop uses it."""

    @property
    def active_boundaries(self) -> tuple[str, ...]: ...

    def start(self, task: str | None) -> None: ...

    def resume(self) -> None: ...

    def take_over(self, other: Any) -> bool: ...

    def close(self) -> None: ...

    def decide(
        self,
        observation: Observation | None,
        action: Action | None,
        *,
        now_s: float,
        monotonic_s: float,
        fallback: bool = False,
    ) -> Verdict: ...

    def executed(self, action: Action | None, monotonic_s: float) -> None: ...


class Risk(Protocol):
    """The sliding window that the risk level comes from."""

    def level(self, decision: Decision, monotonic_s: float, *, estop: bool = False) -> RiskLevel: ...


@dataclass(frozen=True, slots=True)
class Session:
    """One start-to-stop of the loop."""

    session_id: str
    trace_prefix: str
    task: str | None
    period_ns: int
    n_cycles: int
    config_hash: str
    mode: Enforcement = Enforcement.ENFORCE
    highest_speeds: tuple[float | None, ...] = ()
    default_fallback: str = "hold_position"
    estop_channel: str | None = None

    @property
    def period_s(self) -> float:
        return self.period_ns / NS_PER_S


class Outcome(NamedTuple):
    """What became of a verdict: what to send, and which fallback acted."""

    verdict: Verdict
    action: Action | None
    fallback: str | None
    failure_type: str | None


class Turn:
    """Everything a cycle needs that stays from one to the next; used by the loop's thread alone."""

    def __init__(
        self,
        *,
        judge: Judge,
        rig: Rig,
        director: Director,
        emergency: EmergencyStop,
        risk: Risk,
        pacer: Pacer,
        counters: Counters,
    ) -> None:
        self.judge = judge
        self.director = director
        self.motion = Motion(None, None, None)
        self._sent: deque[tuple[Action, float]] = deque(maxlen=SENT_KEPT)
        self._rig = rig
        self._emergency = emergency
        self._risk = risk
        self._pacer = pacer
        self._counters = counters

    def begin(self) -> None:
        """A session starts or goes on: the first command is judged against where the robot is."""
        self.motion = Motion(None, None, None)
        self._sent.clear()
        self.director.reset()

    def engage(self, judge: Judge, director: Director, task: str | None, *, goes_on: bool) -> None:
        """Another engine, between two cycles; ``goes_on`` when the robot may be moving: what was sent still counts."""
        if director is not self.director:
            director.adopt(self.director)
        before, self.judge, self.director = self.judge, judge, director
        if goes_on:
            judge.start(task)
            if not judge.take_over(before):
                for action, monotonic_s in self._sent:
                    judge.executed(action, monotonic_s)
        if before is not judge:
            before.close()

    def run(self, session: Session, cycle_id: int, due_ns: int) -> Cycle:
        """One cycle, from observation to the sinks' answer."""
        began = perf_counter_ns()
        deadline_ns = due_ns + session.period_ns
        observation = self._rig.observe(due_ns + int(session.period_ns * SOURCES_SHARE))
        if session.estop_channel is not None and observation is not None:
            self._look_at(session.estop_channel, observation)
        observed = perf_counter_ns()
        answer = (
            Answer(None, "observation_missing")
            if observation is None
            else self._rig.ask(observation, due_ns + int(session.period_ns * POLICY_SHARE))
        )
        asked = perf_counter_ns()
        timestamp, monotonic_ns = self._pacer.now_ns() / NS_PER_S, self._pacer.monotonic_ns()
        outcome = self._settle(session, observation, answer, timestamp, monotonic_ns / NS_PER_S)
        judged = perf_counter_ns()
        executed = self._act(outcome.action, deadline_ns)
        ended = perf_counter_ns()
        self._note(executed, monotonic_ns / NS_PER_S)
        latency = Latency(
            (observed - began) / _MS, (asked - observed) / _MS, (judged - asked) / _MS, (ended - judged) / _MS,
            (ended - began) / _MS,
        )  # fmt: skip
        return self._cycle(session, cycle_id, timestamp, monotonic_ns, observation, outcome, executed, latency)

    def stopped(self, session: Session, cycle_id: int) -> Cycle:
        """The record of an emergency stop, which has no action and is nobody's verdict."""
        cause = self._emergency.cause
        reason = "emergency stop" if cause is None else f"emergency stop by {cause.source}: {cause.reason}"
        verdict = Verdict(Decision.FAULT, None, None, (reason,), mode=session.mode)
        failure_type = "estop" if cause is None else cause.failure_type
        outcome = Outcome(verdict, None, "emergency_stop", failure_type)
        now_ns, monotonic_ns = self._pacer.now_ns(), self._pacer.monotonic_ns()
        return self._cycle(session, cycle_id, now_ns / NS_PER_S, monotonic_ns, None, outcome, None, Latency())

    def _look_at(self, channel: str, observation: Observation) -> None:
        """The emergency stop as a reading of the robot; one that is missing may be pressed."""
        value = observation.channels.get(channel)
        if (value is None or not value < PRESSED) and not self._emergency.is_latched:
            state = "is missing" if value is None else f"is {value:g}"
            self._emergency.trigger("hardware", f"the channel {channel} {state}")

    def _settle(
        self, session: Session, observation: Observation | None, answer: Answer, now_s: float, monotonic_s: float
    ) -> Outcome:
        verdict = self.judge.decide(observation, answer.action, now_s=now_s, monotonic_s=monotonic_s)
        wanted = None
        if verdict.decision is Decision.FAULT and verdict.boundary != BUDGET:
            wanted = "emergency_stop"
        elif verdict.action is None:
            wanted = verdict.fallback or session.default_fallback
        plan = self.director.decide(wanted, monotonic_s)
        if plan is None:
            return Outcome(verdict, verdict.action, None, answer.failure_type)
        self._counters.fallbacks += 1
        if plan.kind is FallbackKind.EMERGENCY_STOP:
            self._stop(plan, verdict, answer)
            return Outcome(verdict, None, plan.name, answer.failure_type or _failure(verdict))
        action = self._instead(session, plan, observation, now_s, monotonic_s)
        return Outcome(verdict, action, plan.name, answer.failure_type or _failure(verdict))

    def _instead(
        self, session: Session, plan: FallbackPlan, observation: Observation | None, now_s: float, monotonic_s: float
    ) -> Action | None:
        """What a fallback proposes, as the engine lets it through; a retreat that may not be made is a hold."""
        self.motion.observed = None if observation is None else observation.joint_positions
        proposal = propose(plan, self.motion, period_s=session.period_s, highest_speeds=session.highest_speeds)
        if proposal is None or observation is None:
            return None
        decide = self.judge.decide
        allowed = decide(observation, proposal, now_s=now_s, monotonic_s=monotonic_s, fallback=True).action
        held = self.motion.last
        if allowed is None and held is not None and proposal is not held:
            allowed = decide(observation, held, now_s=now_s, monotonic_s=monotonic_s, fallback=True).action
        return allowed

    def _stop(self, plan: FallbackPlan, verdict: Verdict, answer: Answer) -> None:
        if not self._emergency.is_latched:
            reason = "; ".join(verdict.reasons) or answer.failure_type or "nothing may be sent"
            failure_type = answer.failure_type or _failure(verdict) or "fallback"
            self._emergency.trigger(plan.name, reason, failure_type=failure_type)

    def _act(self, action: Action | None, deadline_ns: int) -> Action | None:
        if action is None or self._emergency.is_latched:
            return None
        if not self._rig.apply(action, deadline_ns) or self._emergency.is_latched:
            return None
        self.motion.before_last, self.motion.last = self.motion.last, action
        return action

    def _note(self, executed: Action | None, monotonic_s: float) -> None:
        self.judge.executed(executed, monotonic_s)
        if executed is None:
            self._sent.clear()
        else:
            self._sent.append((executed, monotonic_s))

    def _cycle(
        self, session: Session, cycle_id: int, timestamp: float, monotonic_ns: int, observation: Observation | None,
        outcome: Outcome, executed: Action | None, latency: Latency,
    ) -> Cycle:  # fmt: skip
        verdict, fallback, failure_type = outcome.verdict, outcome.fallback, outcome.failure_type
        cause = self._emergency.cause
        if cause is not None:
            fallback, failure_type = "emergency_stop", cause.failure_type
        elif executed is None and outcome.action is not None:
            failure_type = failure_type or "sink_late"
        self._counters.decisions[verdict.decision] += 1
        return Cycle(
            cycle_id=cycle_id,
            trace_id=f"{session.trace_prefix}{cycle_id:012x}",
            session_id=session.session_id,
            timestamp=timestamp,
            monotonic_ns=monotonic_ns,
            verdict=verdict,
            executed=executed,
            observation=observation,
            risk_level=self._risk.level(verdict.decision, monotonic_ns / NS_PER_S, estop=cause is not None),
            latency=latency,
            task=session.task,
            active_boundaries=self.judge.active_boundaries,
            deadline_ms=session.period_ns / _MS,
            config_hash=session.config_hash,
            fallback_triggered=fallback,
            failure_type=failure_type,
            mode=session.mode,
        )


def _failure(verdict: Verdict) -> str | None:
    if verdict.decision is not Decision.FAULT:
        return None
    return "budget" if verdict.boundary == BUDGET else "guard_fault"
