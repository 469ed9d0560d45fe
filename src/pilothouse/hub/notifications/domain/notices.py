"""Events as people want to be told of them, and which of them a destination asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from pilothouse.hub.incidents.domain.states import Severity
from pilothouse.hub.outgoing.domain.delivering import TEST, on_one_line


class NoticeKind(StrEnum):
    """Events that are worth telling outside."""

    INCIDENT_OPENED = "incident.opened"
    INCIDENT_CHANGED = "incident.changed"
    RECORDING_DAMAGED = "recording.damaged"
    ROBOT_HEALTH_CHANGED = "robot.health_changed"
    ROBOT_DELIVERY_FAILING = "robot.delivery_failing"
    ROBOT_DELIVERY_RECOVERED = "robot.delivery_recovered"
    ROBOT_APPEARED = "robot.appeared"
    ROBOT_ENROLLED = "robot.enrolled"
    ROBOT_RETIRED = "robot.retired"


KINDS = frozenset(kind.value for kind in NoticeKind)

_HEALTH_SEVERITY = {"silent": Severity.HIGH, "stale": Severity.MEDIUM}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell; ``facts`` are the event's own."""

    kind: str
    sequence: int | None
    occurred_at: datetime
    subject: str
    severity: Severity
    robot_id: str | None
    title: str
    facts: Mapping[str, Any]

    def message(self, public_url: str | None = None) -> dict[str, Any]:
        """As a webhook carries it, the same at each attempt; with a link for people where the hub knows its address."""
        told = {
            "subject": self.subject, "title": self.title, "severity": self.severity.value, "robot_id": self.robot_id,
            "path": _path_of(self.kind, self.subject), "sequence": self.sequence, "facts": dict(self.facts),
        }  # fmt: skip
        if public_url is not None:
            told["url"] = public_url + _page_of(self.kind, self.subject)
        return {"type": self.kind, "timestamp": self.occurred_at.isoformat(), "data": told}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a destination asked for; empty and None mean any."""

    kinds: frozenset[str] = frozenset()
    incident_states: frozenset[str] = frozenset()
    min_severity: Severity | None = None
    robot_ids: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Filter:
        """As a row has it."""
        least = stored.get("min_severity")
        sets = {name: frozenset(stored.get(name) or ()) for name in ("kinds", "incident_states", "robot_ids", "sites")}
        return cls(min_severity=Severity(least) if least else None, **sets)

    def wants(self, notice: Notice, site: str | None) -> bool:
        """Whether it asked for this, which concerns a robot at ``site``."""
        return (
            (not self.kinds or notice.kind in self.kinds)
            and (self.min_severity is None or notice.severity.rank >= self.min_severity.rank)
            and (not self.robot_ids or notice.robot_id in self.robot_ids)
            and (not self.sites or site in self.sites)
            and self._wants_state(notice)
        )

    def _wants_state(self, notice: Notice) -> bool:
        if not self.incident_states or notice.kind != NoticeKind.INCIDENT_CHANGED:
            return True
        return _new_state(notice.facts) in self.incident_states


def notice_of(
    kind: str, subject: str, facts: Mapping[str, Any], *, sequence: int, occurred_at: datetime
) -> Notice | None:
    """What an event says to people; None for one that is nobody's business outside."""
    if kind not in KINDS:
        return None
    robot_id = facts.get("robot_id")
    severity, title = _judged(NoticeKind(kind), subject, facts)
    return Notice(
        kind=kind, sequence=sequence, occurred_at=occurred_at, subject=subject, severity=severity,
        robot_id=robot_id if isinstance(robot_id, str) else None, title=on_one_line(title), facts=facts,
    )  # fmt: skip


def trial(destination_id: str, name: str, occurred_at: datetime) -> Notice:
    """What the test button sends."""
    title = f"Pilothouse can reach {name}"
    return Notice(TEST, None, occurred_at, destination_id, Severity.LOW, None, on_one_line(title), {})


def _judged(kind: NoticeKind, subject: str, facts: Mapping[str, Any]) -> tuple[Severity, str]:
    if kind in (NoticeKind.INCIDENT_OPENED, NoticeKind.INCIDENT_CHANGED):
        return _severity(facts.get("severity")), _of_incident(kind, subject, facts)
    if kind is NoticeKind.RECORDING_DAMAGED:
        return Severity.MEDIUM, f"Recording {subject} is damaged: {facts.get('damage') or 'it cannot be read'}"
    if kind is NoticeKind.ROBOT_HEALTH_CHANGED:
        # Who was told that a robot fell silent is told that it is back.
        health, previous = str(facts.get("health")), str(facts.get("previous"))
        worse = max((_HEALTH_SEVERITY.get(one, Severity.LOW) for one in (health, previous)), key=lambda one: one.rank)
        return worse, f"Robot {subject} is {health}"
    if kind is NoticeKind.ROBOT_DELIVERY_FAILING:
        return (
            Severity.HIGH,
            f"Robot {subject} cannot deliver its recordings: {facts.get('reason') or 'no reason given'}",
        )
    if kind is NoticeKind.ROBOT_DELIVERY_RECOVERED:
        return Severity.HIGH, f"Robot {subject} delivers its recordings again"
    done = {NoticeKind.ROBOT_APPEARED: "appeared", NoticeKind.ROBOT_ENROLLED: "was let in"}
    return Severity.LOW, f"Robot {subject} {done.get(kind, 'was retired')}"


def _of_incident(kind: NoticeKind, subject: str, facts: Mapping[str, Any]) -> str:
    title = facts.get("title") or subject
    if kind is NoticeKind.INCIDENT_OPENED:
        return f"Incident opened: {title}"
    state = _new_state(facts)
    return f"Incident is {state.replace('_', ' ')}: {title}" if state else f"Incident changed: {title}"


def _new_state(facts: Mapping[str, Any]) -> str | None:
    """What an incident's state has just become, if it did."""
    changes = facts.get("changes")
    pair = changes.get("state") if isinstance(changes, Mapping) else None
    return str(pair[1]) if isinstance(pair, (list, tuple)) and len(pair) == 2 else None


def _severity(value: object) -> Severity:
    return Severity(value) if isinstance(value, str) and value in list(Severity) else Severity.MEDIUM


def _page_of(kind: str, subject: str) -> str:
    """Where on the hub people see it."""
    pages = {"incident": "/incidents/", "robot": "/robots/", "recording": "/recordings/"}
    page = pages.get(kind.partition(".")[0])
    return "/" if page is None else page + quote(subject, safe="")


def _path_of(kind: str, subject: str) -> str | None:
    """Where on the hub there is more."""
    places = {"incident": "/api/v1/incidents/", "robot": "/api/v1/robots/", "recording": "/api/sessions/"}
    place = places.get(kind.partition(".")[0])
    return place and place + quote(subject, safe="")
