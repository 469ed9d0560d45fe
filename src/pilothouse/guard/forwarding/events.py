"""An event of the risk log as recorder and hub know it."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.guard.risk.events import is_notable_record
from pilothouse.guard.risk.store import StoredEvent
from pilothouse.kit.clock import NS_PER_S, at
from pilothouse.wire import RiskEvent, RiskLevel

_CAPTURED_FROM = (RiskLevel.CRITICAL, RiskLevel.EMERGENCY)
ESTOP = "estop"


def reported(stored: StoredEvent, *, log_id: str, robot_id: str, incident_id: str | None = None) -> RiskEvent:
    """The message; its id is the log's and the event's number, so that it is the same however often it is sent."""
    event = msgspec.json.decode(stored.event)
    return RiskEvent(
        event_id=f"{log_id}.{stored.id}",
        robot_id=robot_id,
        occurred_at=at(max(0, round(stored.timestamp * NS_PER_S))),
        outcome=event["outcome"],
        decision=event["decision"],
        risk_level=event["risk_level"],
        mode=event["mode"],
        incident_id=incident_id,
        task=_short(event["active_task"]),
        boundary=_short(event["boundary"]),
        layer=event["layer"],
        reason=event["reason"] or event["failure_type"] or "",
        fallback=_short(event["fallback_triggered"]),
        cycle_id=event["cycle_id"],
        guard_session_id=_short(event["session_id"]) or None,
        requested=_numbers(event["requested"]),
        executed=_numbers(event["executed"]),
    )


def is_worth_telling(stored: StoredEvent) -> bool:
    """False for the plain passes of a log that keeps every cycle."""
    return is_notable_record(msgspec.json.decode(stored.event))


def is_stop(stored: StoredEvent) -> bool:
    """True for an emergency stop somebody asked for."""
    return bool(msgspec.json.decode(stored.event)["failure_type"] == ESTOP)


def asks_for_capture(stored: StoredEvent) -> bool:
    """True for an emergency stop, and for a rejected cycle at CRITICAL or worse."""
    event = msgspec.json.decode(stored.event)
    if event["failure_type"] == ESTOP:
        return True
    return event["outcome"] == "reject" and event["risk_level"] in _CAPTURED_FROM


def label_of(stored: StoredEvent) -> str:
    """What a capture made for an event is called: like all others of its kind, for labels are what people look for."""
    event = msgspec.json.decode(stored.event)
    what = "emergency stop" if event["failure_type"] == ESTOP else f"rejected by {event['boundary'] or 'the guard'}"
    return f"guard: {what}"[:500]


def _short(text: str | None) -> str | None:
    return None if text is None else text[:200]


def _numbers(values: list[Any] | None) -> list[float] | None:
    """None when one of them was not finite: JSON has no word for it, and the reason says it."""
    return values if values and len(values) <= 64 and all(isinstance(one, float | int) for one in values) else None
