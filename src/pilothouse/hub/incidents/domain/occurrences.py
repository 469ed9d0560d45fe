"""What happens on robots and becomes an incident, or part of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from pilothouse.hub.incidents.domain.states import Severity
from pilothouse.kit.clock import at
from pilothouse.wire import RiskLevel
from pilothouse.wire.alertmanager import Alert

TITLE_LENGTH = 300
RULE_LENGTH = 200
LABEL_LENGTH = 500
MOST_LABELS = 64
# Clocks of robots without a battery begin in 1970; those ahead of the hub by more than this are wrong.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(minutes=5)
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
# Addresses beside those of incidents.
_TAKEN = frozenset({"alerts", "statistics", ".", ".."})

# Captures that something went wrong for. One that a person asked for, or that was recovered after a power cut, joins
# an incident that exists and opens none.
_OPENING_REASONS = frozenset({"trigger", "alert", "guard"})
# Who opens incidents unless a person does: their words come from outside.
MACHINES = _OPENING_REASONS
# What people and programs of the hub's own enter; whatever else is on a timeline comes from outside.
OWN_ENTRIES = frozenset({"note", "changed", "task", "lab_session"})
_RISK_SEVERITY = {RiskLevel.CRITICAL: Severity.HIGH, RiskLevel.EMERGENCY: Severity.CRITICAL}
_ALERT_SEVERITY = {
    "critical": Severity.CRITICAL, "page": Severity.CRITICAL, "error": Severity.HIGH, "high": Severity.HIGH,
    "warning": Severity.MEDIUM, "medium": Severity.MEDIUM, "info": Severity.LOW, "low": Severity.LOW,
    "none": Severity.LOW,
}  # fmt: skip
# Labels in which monitoring systems name a robot, the likeliest first.
_ROBOT_LABELS = ("robot_id", "robot", "instance", "host", "hostname")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened, once: ``kind`` and ``subject`` tell it from every other.

    ``rule`` is what it is grouped by, together with the robot. ``opens`` is False for what only joins.
    """

    kind: str
    subject: str
    robot_id: str | None
    rule: str
    title: str
    severity: Severity
    occurred_at: datetime
    opened_by: str
    incident_id: str | None = None
    label: str = ""
    opens: bool = True
    facts: dict[str, Any] = field(default_factory=dict)


def of_recording(session_id: str, payload: Mapping[str, Any], recorded_at: datetime) -> Occurrence | None:
    """A recording that was announced or indexed; None for one that belongs to nothing."""
    incident_id = payload.get("incident_id")
    if not incident_id:
        return None
    trigger = payload.get("trigger") or {}
    if not isinstance(trigger, Mapping):
        return None
    reason, label = payload.get("reason") or "", payload.get("label") or ""
    rule = str(trigger.get("rule") or label or reason or "capture")
    fired_ns = trigger.get("fired_at_ns")
    return Occurrence(
        kind="recording", subject=session_id, robot_id=payload.get("robot_id"), rule=rule[:RULE_LENGTH],
        title=_title(label or rule, payload.get("robot_id")), severity=Severity.MEDIUM,
        occurred_at=_at(fired_ns, recorded_at), opened_by=reason or "capture", incident_id=_id(incident_id),
        label=label, opens=reason in _OPENING_REASONS,
        facts={key: value for key, value in {"reason": reason, "label": label, "trigger": trigger}.items() if value},
    )  # fmt: skip


def of_risk(robot_id: str, payload: Mapping[str, Any], recorded_at: datetime) -> Occurrence | None:
    """Risk events of a guard; those below CRITICAL join an incident that is named and open none."""
    latest = payload.get("latest") or {}
    incident_ids = payload.get("incident_ids") or []
    try:
        severity = _RISK_SEVERITY.get(RiskLevel(payload.get("worst_risk_level", "NORMAL")))
    except ValueError:
        return None
    if severity is None and not incident_ids:
        return None
    boundary = latest.get("boundary") or "guard"
    return Occurrence(
        kind="risk_event", subject=f"{robot_id}/{latest.get('event_id', recorded_at.isoformat())}", robot_id=robot_id,
        rule=f"guard: {boundary}"[:RULE_LENGTH], title=_title(f"guard: {boundary}", robot_id),
        severity=severity or Severity.LOW, occurred_at=recorded_at, opened_by="guard",
        incident_id=_id(incident_ids[0]) if incident_ids else None, label="guard", opens=severity is not None,
        facts={key: payload[key] for key in ("count", "outcomes", "worst_risk_level", "latest") if key in payload},
    )  # fmt: skip


def of_alert(alert: Alert, now: datetime, *, speaker: str | None = None) -> Occurrence:
    """An alert that fires; ``speaker`` is the robot that sent it by a token of its own."""
    named = next((alert.labels[label] for label in _ROBOT_LABELS if alert.labels.get(label)), None)
    robot_id = speaker or (named and named[:100])
    name = alert.labels.get("alertname", "alert")
    subject = f"{speaker}/{alert.key}" if speaker else alert.key
    facts = {
        "labels": _some(alert.labels), "annotations": _some(alert.annotations), "starts_at": alert.starts_at,
    }  # fmt: skip
    return Occurrence(
        kind="alert", subject=subject[:300], robot_id=robot_id, rule=name[:RULE_LENGTH],
        title=_title(alert.words, robot_id),
        severity=_ALERT_SEVERITY.get(alert.labels.get("severity", "").lower(), Severity.MEDIUM),
        occurred_at=now, opened_by="alert", label=name[:LABEL_LENGTH], facts=facts,
    )  # fmt: skip


def _some(words: Mapping[str, str]) -> dict[str, str]:
    """As many as somebody reads."""
    return {key[:100]: value[:1_000] for key, value in islice(words.items(), MOST_LABELS)}


def _id(said: object) -> str | None:
    """The id that a robot gave, if it can be one in an address here."""
    text = str(said)
    return text if _ID.fullmatch(text) and text not in _TAKEN else None


def _title(what: str, robot_id: object) -> str:
    where = f" on {robot_id}" if robot_id else ""
    return f"{what[: TITLE_LENGTH - len(where)]}{where}"


def _at(time_ns: object, recorded_at: datetime) -> datetime:
    """When it happened by the robot's clock, unless that cannot be: then when the hub heard of it."""
    if not isinstance(time_ns, int):
        return recorded_at
    try:
        said = at(time_ns)
    except (OverflowError, ValueError, OSError):
        return recorded_at
    return said if EARLIEST <= said <= recorded_at + AHEAD else recorded_at
