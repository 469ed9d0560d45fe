"""What happens becomes an incident, or joins one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.incidents.domain.occurrences import Occurrence
from pilothouse.hub.incidents.domain.states import IncidentState, Severity
from pilothouse.hub.incidents.models import IncidentRow
from pilothouse.hub.incidents.repository import IncidentRows
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id

_COUNTERS = {"recording": "recording_count", "risk_event": "risk_event_count", "alert": "alert_count"}

# A guard that reports for weeks must not fill the database with one line after the other.
MOST_RISK_ENTRIES = 1_000


class Grouping:
    """Same robot and rule within a window is the same incident. Callers hold the cursor, so that two never open two;
    incidents are locked before they are judged, so that a person who judges them at the same moment is not undone."""

    def __init__(self, events: Events, clock: Clock, *, window: timedelta) -> None:
        self._events = events
        self._clock = clock
        self._window = window

    async def take(self, session: AsyncSession, occurrence: Occurrence) -> IncidentRow | None:
        """The incident it belongs to, opened if need be; None for what joins nothing. Twice is once."""
        rows = IncidentRows(session)
        named = await rows.find(occurrence.incident_id, lock=True) if occurrence.incident_id else None
        if named is not None and occurrence.robot_id is not None and named.robot_id not in (None, occurrence.robot_id):
            # What robots say of themselves never touches what belongs to another.
            named, occurrence = None, replace(occurrence, incident_id=None)
        if named is not None and _was_lent(named, occurrence):
            await rows.drop_alias(str(occurrence.incident_id))
            named = None
        row = named or await self._known(rows, occurrence)
        if row is None:
            if not occurrence.opens:
                return None
            row = await self.open(session, occurrence)
        elif occurrence.incident_id not in (None, row.id):
            await rows.add_alias(str(occurrence.incident_id), row.id)
        if occurrence.kind == "risk_event" and row.risk_event_count >= MOST_RISK_ENTRIES:
            await self._enter(
                rows, row, replace(occurrence, subject="further", facts={"further": "counted, not listed"})
            )
            self._count(row, occurrence)
        elif await self._enter(rows, row, occurrence):
            self._count(row, occurrence)
            self.tell(session, row, "incident.grew", {"kind": occurrence.kind, "subject": occurrence.subject})
        return row

    async def open(self, session: AsyncSession, occurrence: Occurrence, *, actor: str | None = None) -> IncidentRow:
        """A new incident, under the id that came with what happened."""
        rows, now = IncidentRows(session), self._now()
        row = await rows.add(
            id=occurrence.incident_id or new_id("inc"), title=occurrence.title, state=IncidentState.OPEN,
            severity=occurrence.severity, severity_rank=occurrence.severity.rank, severity_by_person=actor is not None,
            robot_id=occurrence.robot_id, rule=occurrence.rule, label=occurrence.label,
            opened_by=actor or occurrence.opened_by, opened_at=now, last_occurred_at=occurrence.occurred_at,
            recording_count=0, risk_event_count=0, alert_count=0, version=1,
        )  # fmt: skip
        facts: dict[str, Any] = {"title": row.title, "severity": row.severity, "rule": row.rule}
        await rows.add_entry(
            incident_id=row.id, kind="opened", subject=None, occurred_at=min(now, occurrence.occurred_at),
            recorded_at=now, actor=row.opened_by, facts=facts,
        )  # fmt: skip
        self.tell(session, row, "incident.opened", {"opened_by": row.opened_by})
        return row

    def tell(self, session: AsyncSession, row: IncidentRow, kind: str, facts: dict[str, Any]) -> None:
        told = {
            "id": row.id,
            "state": row.state,
            "severity": row.severity,
            "robot_id": row.robot_id,
            "title": row.title,
        }
        self._events.append(session, HUB_STREAM, kind, row.id, {**told, **facts})

    async def _known(self, rows: IncidentRows, occurrence: Occurrence) -> IncidentRow | None:
        earlier = await rows.incident_of(occurrence.kind, occurrence.subject)
        if earlier is not None:
            return await rows.find(earlier, lock=True)
        if not occurrence.opens:
            return None
        return await rows.like(occurrence.robot_id, occurrence.rule, occurrence.occurred_at, self._window)

    async def _enter(self, rows: IncidentRows, row: IncidentRow, occurrence: Occurrence) -> bool:
        return await rows.add_entry(
            incident_id=row.id, kind=occurrence.kind, subject=occurrence.subject,
            occurred_at=occurrence.occurred_at, recorded_at=self._now(), actor=occurrence.opened_by,
            facts=occurrence.facts,
        )  # fmt: skip

    def _count(self, row: IncidentRow, occurrence: Occurrence) -> None:
        counter = _COUNTERS[occurrence.kind]
        setattr(row, counter, getattr(row, counter) + 1)
        row.last_occurred_at = max(row.last_occurred_at, occurrence.occurred_at)
        if not row.severity_by_person and occurrence.severity.rank > row.severity_rank:
            row.severity, row.severity_rank = Severity(occurrence.severity), occurrence.severity.rank

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _was_lent(named: IncidentRow, occurrence: Occurrence) -> bool:
    """Whether the id that a trigger bore led elsewhere before it was heard of: what a guard says of the same seconds
    bears it too, comes first, and joins what the guard said before."""
    return occurrence.opened_by == "trigger" and named.id != occurrence.incident_id and named.rule != occurrence.rule
