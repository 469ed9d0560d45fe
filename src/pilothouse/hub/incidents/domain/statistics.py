"""How often, how long until somebody looked, how long until it was over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pilothouse.hub.incidents.domain.states import IncidentState


@dataclass(frozen=True, slots=True)
class Course:
    """What statistics need of one incident."""

    robot_id: str | None
    label: str
    rule: str
    state: IncidentState
    opened_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    recording_count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """``recurrences`` counts incidents of a robot and rule that had one before; means are None without any case."""

    key: str
    incidents: int
    unresolved: int
    captures: int
    recurrences: int
    mtta_s: float | None
    mttr_s: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    """Those that are live now by severity; what came and went within a time, with the mean from opened to resolved."""

    live_by_severity: Mapping[str, int]
    opened: int
    resolved: int
    time_to_resolve_s: float | None


def figures(key: str, courses: Sequence[Course]) -> Figures:
    """What some incidents add up to. Duplicates are not counted: they are another incident seen twice."""
    counted = [one for one in courses if one.state != IncidentState.DUPLICATE]
    return Figures(
        key=key,
        incidents=len(counted),
        unresolved=sum(not one.state.is_closed for one in counted),
        captures=sum(one.recording_count for one in courses),
        recurrences=sum(count - 1 for count in Counter((one.robot_id, one.rule) for one in counted).values()),
        mtta_s=_mean((one.acknowledged_at - one.opened_at).total_seconds() for one in counted if one.acknowledged_at),
        mttr_s=_mean(
            (one.resolved_at - one.opened_at).total_seconds()
            for one in counted
            if one.resolved_at and one.state == IncidentState.RESOLVED
        ),
    )


def by(courses: Sequence[Course], key_of: Callable[[Course], str]) -> list[Figures]:
    """Figures for each group, the one with most incidents first."""
    groups: dict[str, list[Course]] = {}
    for one in courses:
        groups.setdefault(key_of(one), []).append(one)
    found = [figures(key, members) for key, members in groups.items()]
    return sorted(found, key=lambda one: (-one.incidents, one.key))


def _mean(values: Iterable[float]) -> float | None:
    found = [max(0.0, one) for one in values]
    return sum(found) / len(found) if found else None
