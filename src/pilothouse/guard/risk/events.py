"""A cycle as risk log and recorded sessions keep it: the telemetry event, and what explains it later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilothouse.guard.model import Action, Cycle, Decision
from pilothouse.guard.telemetry.events import event_of

MOST_REASON = 2_000


def is_notable(cycle: Cycle) -> bool:
    """True unless a cycle is plainly a PASS: no guard, monitoring ones included, said more, and nothing else happened.

    A raised level alone is not notable: it would make copies of every cycle for as long as the window lasts.
    """
    if cycle.verdict.decision is not Decision.PASS or cycle.failure_type or cycle.fallback_triggered:
        return True
    return any(one.decision is not Decision.PASS for one in cycle.verdict.guard_statuses)


def is_notable_record(record: Mapping[str, Any]) -> bool:
    """The same of a cycle that was written down."""
    if record["decision"] != Decision.PASS or record["failure_type"] or record["fallback_triggered"]:
        return True
    return any(one["decision"] != Decision.PASS for one in record["guard_statuses"])


def record_of(cycle: Cycle) -> dict[str, Any]:
    """The event of a cycle, with its reason in one sentence, what acts on it, and where it belongs."""
    verdict = cycle.verdict
    record = event_of(cycle)
    record["reason"] = "; ".join(verdict.reasons)[:MOST_REASON]
    record["layer"] = verdict.layer
    record["fallback"] = verdict.fallback
    record["observed"] = None if cycle.observation is None else cycle.observation.joint_positions
    record["requested_gripper"] = _gripper(verdict.requested)
    record["executed_gripper"] = _gripper(cycle.executed)
    record["monotonic_ns"] = cycle.monotonic_ns
    record["config_hash"] = cycle.config_hash
    return record


def _gripper(action: Action | None) -> float | None:
    return None if action is None else action.gripper
