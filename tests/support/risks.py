"""Risk events as a guard reports them."""

from __future__ import annotations

from pilothouse.kit.clock import at
from pilothouse.wire import RiskEvent
from tests.support.flights import NS_PER_S, START_NS

DECISIONS = {"pass": "PASS", "clamp": "CLAMP", "reject": "REJECT"}


def risk_event(number: int, outcome: str = "clamp", **changes: object) -> RiskEvent:
    """The event of this number, one second after the one before."""
    facts: dict[str, object] = {
        "event_id": f"ev-{number:05d}", "robot_id": "robot", "occurred_at": at(START_NS + number * NS_PER_S),
        "outcome": outcome, "decision": DECISIONS[outcome], "risk_level": "ELEVATED", "reason": "too fast",
    }  # fmt: skip
    return RiskEvent.model_validate({**facts, **changes})
