"""A cycle as clients see it: the one event contract of telemetry, risk log and recorded sessions."""

from __future__ import annotations

from typing import Any

from pilothouse.guard.model import Cycle, Decision, Verdict

REFUSED = (Decision.REJECT, Decision.FAULT)


def outcome_of(verdict: Verdict) -> str:
    """``reject``, ``clamp`` or ``pass``; a fault is a reject."""
    return "reject" if verdict.decision in REFUSED else verdict.decision.value.lower()


def event_of(cycle: Cycle, perf: dict[str, Any] | None = None) -> dict[str, Any]:
    """The event of a cycle. ``perf`` is there only when somebody measures."""
    verdict, latency, observation = cycle.verdict, cycle.latency, cycle.observation
    event: dict[str, Any] = {
        "type": "cycle",
        "cycle_id": cycle.cycle_id,
        "trace_id": cycle.trace_id,
        "was_rejected": verdict.decision in REFUSED,
        "was_clamped": verdict.decision is Decision.CLAMP,
        "risk_level": cycle.risk_level,
        "fallback_triggered": cycle.fallback_triggered,
        "latency_ms": {
            "obs": latency.obs,
            "policy": latency.policy,
            "validate": latency.validate,
            "sink": latency.sink,
            "total": latency.total,
        },
        "guard_statuses": [
            {
                "name": one.name,
                "layer": one.layer,
                "decision": one.decision,
                "reason": one.reason,
                "boundary": one.boundary,
                "mode": one.mode,
            }
            for one in verdict.guard_statuses
        ],
        "active_task": cycle.task,
        "active_boundaries": cycle.active_boundaries,
        "active_cameras": [] if observation is None else list(observation.images),
        "timestamp": cycle.timestamp,
        "decision": verdict.decision,
        "outcome": outcome_of(verdict),
        "boundary": verdict.boundary,
        "reasons": verdict.reasons,
        "failure_type": cycle.failure_type,
        "mode": cycle.mode,
        "session_id": cycle.session_id,
        "requested": None if verdict.requested is None else verdict.requested.joint_positions,
        "executed": None if cycle.executed is None else cycle.executed.joint_positions,
    }
    if perf is not None:
        event["perf"] = perf
    return event
