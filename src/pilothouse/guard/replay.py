"""Recordings through another Stackfile: what would have been decided otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pilothouse.guard.adapters.recorded import RecordedCycle
from pilothouse.guard.engine import Engine
from pilothouse.guard.model import Action, Decision, Verdict
from pilothouse.guard.problems import UnknownTask
from pilothouse.guard.stackfile import Stackfile, compile_spec
from pilothouse.guard.stackfile.faults import did_you_mean
from pilothouse.kit.clock import NS_PER_S

UNKNOWN = "—"
"""What stands for the decision of a recording that no guard made."""

# What the engine says where the recording has nothing; the recording's own word for it says more.
NOTHING = ("observation: there is no observation", "action: there is no action")

# What a joint's target may differ by and still be the same: recordings round.
SAME_RAD = 1e-6
# After a silence this long the robot may be anywhere: the next cycle is judged as the first.
SILENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Judged:
    """One recorded cycle and what this Stackfile says of it."""

    cycle: RecordedCycle
    verdict: Verdict

    @property
    def before(self) -> str:
        return self.cycle.decision or UNKNOWN

    @property
    def after(self) -> str:
        return self.verdict.decision.value

    @property
    def is_changed(self) -> bool:
        """Whether another decision, or another action, would have come of it."""
        if self.cycle.decision is None:
            return self.verdict.decision is not Decision.PASS
        if self.before != self.after:
            return True
        return self.verdict.decision is Decision.CLAMP and not _same(self.verdict.action, self.cycle.allowed)


@dataclass(slots=True)
class Replayed:
    """What came of a replay. ``counts`` is by decision before and after; ``changes`` holds the first of them."""

    cycles: int = 0
    changed: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    boundaries: Counter[str] = field(default_factory=Counter)
    changes: list[Judged] = field(default_factory=list)


def replay(stack: Stackfile, cycles: Iterable[RecordedCycle], *, task: str = "default", keep: int = 1000) -> Replayed:
    """Judge every recorded cycle anew; ``keep`` changes are kept whole. Raises UnknownTask."""
    done = Replayed()
    for one in judged(stack, cycles, task=task):
        done.cycles += 1
        done.counts[one.before, one.after] += 1
        if not one.is_changed:
            continue
        done.changed += 1
        done.boundaries[one.verdict.boundary or UNKNOWN] += 1
        if len(done.changes) < keep:
            done.changes.append(one)
    return done


def judged(stack: Stackfile, cycles: Iterable[RecordedCycle], *, task: str = "default") -> Iterator[Judged]:
    """Each cycle on the robot as it was: limits of speed count from what was really sent then, not from what this
    Stackfile would have sent, because the robot that is observed did the former."""
    if task not in stack.tasks:
        raise UnknownTask(task=task, hint=did_you_mean(task, stack.tasks))
    engine = Engine(compile_spec(stack))
    last_s: float | None = None
    for cycle in cycles:
        monotonic_s = cycle.monotonic_ns / NS_PER_S
        if last_s is None or not 0 <= monotonic_s - last_s <= SILENCE_S:
            engine.start(task)
        last_s = monotonic_s
        now_s = cycle.time_ns / NS_PER_S
        verdict = engine.decide(cycle.observation, cycle.requested, now_s=now_s, monotonic_s=monotonic_s)
        if cycle.trouble:
            verdict = replace(verdict, reasons=(cycle.trouble, *(one for one in verdict.reasons if one not in NOTHING)))
        engine.executed(cycle.executed, monotonic_s)
        yield Judged(cycle, verdict)


def _same(first: Action | None, second: Action | None) -> bool:
    if first is None or second is None:
        return first is second
    pairs = zip(first.joint_positions, second.joint_positions, strict=False)
    return len(first.joint_positions) == len(second.joint_positions) and all(abs(a - b) <= SAME_RAD for a, b in pairs)
