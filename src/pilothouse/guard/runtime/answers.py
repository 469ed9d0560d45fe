"""Turns what the runtime knows into what it answers; reads every part, changes none."""

from __future__ import annotations

from typing import Literal

from pilothouse.guard.loop import State, possible
from pilothouse.guard.runtime.runtime import Runtime
from pilothouse.guard.runtime.status import EmergencyCause, GuardHealth, JointRange, LoopStatus, Timing
from pilothouse.guard.stackfile.robot import JointConfig

ON = (State.RUNNING, State.PAUSED)


def status_of(runtime: Runtime) -> LoopStatus:
    """The answer of every control route."""
    loop, session, stack = runtime.loop, runtime.loop.session, runtime.stack
    state = loop.state
    is_on = state in ON
    return LoopStatus(
        state=state,
        possible=list(possible(state)),
        active_task=session.task if is_on else None,
        active_boundaries=list(runtime.turn.judge.active_boundaries) if is_on else [],
        active_fallback=runtime.active_fallback if is_on else None,
        available_tasks=sorted(stack.tasks),
        session_id=session.session_id or None,
        cycle_count=loop.cycle_id,
        n_cycles=session.n_cycles,
        cycle_budget_ms=session.period_ns / 1e6,
        control_frequency_hz=1e9 / session.period_ns,
        mode=stack.safety.mode,
        joints=[_range(joint) for joint in stack.robot.joints],
        config_hash=stack.config_hash,
        config_version=runtime.boundaries.version,
        emergency=_cause(runtime),
        timing=timing_of(runtime),
        last_reload=runtime.last_reload,
    )


def _range(joint: JointConfig) -> JointRange:
    unit: Literal["rad", "m"] = "m" if joint.type == "prismatic" else "rad"
    return JointRange(name=joint.name, unit=unit, lower=joint.lower, upper=joint.upper)


def timing_of(runtime: Runtime) -> Timing:
    """What the loop has counted since the process began, and how late cycles were, in milliseconds."""
    counters = runtime.loop.counters
    return Timing(
        cycles=counters.cycles,
        deadline_misses=counters.deadline_misses,
        skipped_ticks=counters.skipped_ticks,
        overruns=counters.overruns,
        late_policies=counters.late_policies,
        late_policies_discarded=runtime.rig.late_policies_discarded,
        late_sources=counters.late_sources,
        late_sinks=counters.late_sinks,
        jitter_mean_ms=round(counters.jitter_mean_ms, 4),
        jitter_max_ms=round(counters.jitter_max_ms, 4),
        last_total_ms=round(counters.last_total_ms, 4),
    )


def health_of(runtime: Runtime) -> GuardHealth:
    """What `/health` answers."""
    loop = runtime.loop
    return GuardHealth(
        state=loop.state,
        active_task=loop.session.task if loop.state in ON else None,
        cycle_count=loop.cycle_id,
        deadline_misses=loop.counters.deadline_misses,
        problems=problems_of(runtime),
    )


def problems_of(runtime: Runtime) -> list[str]:
    """What keeps the guard from moving the robot, or from writing down what it does."""
    cause = runtime.emergency.cause
    stopped = [] if cause is None else [f"emergency stop by {cause.source}: {cause.reason}; reset it first"]
    return [*stopped, *runtime.emergency.problems(), *runtime.records.problems()]


def _cause(runtime: Runtime) -> EmergencyCause | None:
    cause = runtime.emergency.cause
    if cause is None:
        return None
    return EmergencyCause(
        source=cause.source,
        reason=cause.reason,
        timestamp=cause.timestamp,
        sinks_told=runtime.emergency.is_done,
        problems=runtime.emergency.problems(),
    )
