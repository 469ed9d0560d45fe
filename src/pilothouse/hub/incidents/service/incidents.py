"""Incidents as people and programs see and change them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.events import Events
from pilothouse.hub.identity import Caller
from pilothouse.hub.identity.domain import HOME
from pilothouse.hub.incidents.domain.occurrences import Occurrence, of_alert
from pilothouse.hub.incidents.domain.states import (
    NEED_CONSENT,
    IncidentChanged,
    IncidentState,
    NothingChanges,
    OriginalNeeded,
    UnknownIncident,
    check_step,
)
from pilothouse.hub.incidents.domain.statistics import Course, Flow, by, figures
from pilothouse.hub.incidents.models import IncidentEntryRow, IncidentRow
from pilothouse.hub.incidents.repository import IncidentRows, Sought, cursor
from pilothouse.hub.incidents.schemas import (
    AlertsTaken,
    Incident,
    IncidentChange,
    IncidentEntry,
    IncidentFigures,
    IncidentList,
    IncidentStatistics,
    IncidentTimeline,
    NewIncident,
)
from pilothouse.hub.incidents.service.grouping import Grouping
from pilothouse.hub.recordings.service import Recordings
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id
from pilothouse.wire.alertmanager import AlertWebhook

# Of an incident's recordings, with the incident itself; the timeline has all.
SHOWN_RECORDINGS = 200
# Of each kind of statistics: those with most incidents.
SHOWN_GROUPS = 1_000


class ClosingGate(Protocol):
    """Whoever has a say in when an incident may be resolved or put aside: a board that works on it."""

    async def check(self, session: AsyncSession, incident_id: str) -> None:
        """Raise a Conflict as long as it may not."""


class Incidents:
    """Every incident of this hub."""

    def __init__(self, events: Events, clock: Clock, grouping: Grouping, recordings: Recordings) -> None:
        self._events = events
        self._clock = clock
        self._grouping = grouping
        self._recordings = recordings
        self.gates: list[ClosingGate] = []

    async def create(self, session: AsyncSession, caller: Caller, new: NewIncident) -> Incident:
        """A person opens one; raises UnknownRecording."""
        await cursor(session).read(lock=True)
        occurrence = Occurrence(
            kind="note", subject=new_id("note"), robot_id=new.robot_id, rule=f"reported: {new.title}"[:200],
            title=new.title, severity=new.severity, occurred_at=self._now(), opened_by=caller.title,
        )  # fmt: skip
        row = await self._grouping.open(session, occurrence, actor=caller.title)
        record(session, "incident.opened", row.id, after=new.model_dump(mode="json"))
        if new.description:
            await self._enter(session, row, "note", None, caller.title, {"body": new.description})
        for session_id in dict.fromkeys(new.session_ids):
            await self._link_recording(session, caller, row, session_id)
        return await self._shown(session, row)

    async def page(self, session: AsyncSession, sought: Sought, limit: int, offset: int) -> IncidentList:
        """The latest first."""
        rows, total = await IncidentRows(session).page(sought, limit, offset)
        return IncidentList(items=[_incident(row) for row in rows], total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, caller: Caller, incident_id: str) -> Incident:
        """By its id, or by one that a robot gave to what was grouped with it; raises UnknownIncident."""
        return await self._shown(session, await self._found(session, caller, incident_id))

    async def timeline(
        self, session: AsyncSession, caller: Caller, incident_id: str, limit: int, offset: int
    ) -> IncidentTimeline:
        """Everything that touched it, in order of time."""
        row = await self._found(session, caller, incident_id)
        entries, total = await IncidentRows(session).timeline(row.id, limit, offset)
        return IncidentTimeline(items=[_entry(one) for one in entries], total=total, limit=limit, offset=offset)

    async def change(self, session: AsyncSession, caller: Caller, incident_id: str, change: IncidentChange) -> Incident:
        """Move it, judge it, explain it; raises UnknownIncident, IncidentChanged, StepNotAllowed, ReasonNeeded."""
        row = await self._found(session, caller, incident_id, lock=True)
        if change.version is not None and change.version != row.version:
            raise IncidentChanged(version=row.version)
        before = _judgement(row)
        if change.state is not None and change.state != row.state:
            await self._move(session, caller, row, change.state, change)
        if change.severity is not None:
            row.severity, row.severity_rank, row.severity_by_person = change.severity, change.severity.rank, True
        for name in ("title", "root_cause", "ticket_url"):
            if (value := getattr(change, name)) is not None:
                setattr(row, name, value)
        after = _judgement(row)
        changed = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
        if not changed:
            if change.model_dump(exclude_none=True, exclude={"version"}):
                return await self._shown(session, row)
            raise NothingChanges
        row.version += 1
        told = {name: pair[0] for name, pair in changed.items()}, {name: pair[1] for name, pair in changed.items()}
        record(session, "incident.changed", row.id, before=told[0], after=told[1])
        await self._enter(session, row, "changed", None, caller.title, {"changes": changed, "reason": change.reason})
        self._grouping.tell(session, row, "incident.changed", {"changes": changed, "actor": caller.title})
        return await self._shown(session, row)

    async def note(self, session: AsyncSession, caller: Caller, incident_id: str, body: str) -> Incident:
        """Write down what was found out."""
        row = await self._found(session, caller, incident_id)
        await self._enter(session, row, "note", None, caller.title, {"body": body})
        self._grouping.tell(session, row, "incident.noted", {"actor": caller.title})
        return await self._shown(session, row)

    async def add_recording(self, session: AsyncSession, caller: Caller, incident_id: str, session_id: str) -> Incident:
        """A person says that a recording shows it too; raises UnknownRecording."""
        await cursor(session).read(lock=True)
        row = await self._found(session, caller, incident_id, lock=True)
        await self._link_recording(session, caller, row, session_id)
        return await self._shown(session, row)

    async def link_lab_session(
        self, session: AsyncSession, caller: Caller, incident_id: str, lab_session_id: str, facts: dict[str, Any]
    ) -> str:
        """A debug session looks into an incident, which shows it; the incident's own id. Raises UnknownIncident."""
        row = await self._found(session, caller, incident_id)
        if await self._enter(session, row, "lab_session", lab_session_id, caller.title, facts):
            self._grouping.tell(session, row, "incident.grew", {"kind": "lab_session", "subject": lab_session_id})
        return row.id

    async def take_alerts(self, session: AsyncSession, caller: Caller, webhook: AlertWebhook) -> AlertsTaken:
        """Alerts that fire open incidents or join them, each once; those that are over say so on theirs. What a robot
        sends by a token of its own is its own, whatever the labels say."""
        rows, now = IncidentRows(session), self._now()
        await cursor(session).read(lock=True)
        incident_ids: list[str] = []
        for alert in webhook.alerts:
            occurrence = of_alert(alert, now, speaker=caller.robot_id)
            if alert.status.lower() != "resolved":
                row = await self._grouping.take(session, occurrence)
                if row is not None:
                    incident_ids.append(row.id)
            elif (known := await rows.incident_of("alert", occurrence.subject)) is not None:
                await rows.add_entry(
                    incident_id=known, kind="alert_over", subject=occurrence.subject, occurred_at=now, recorded_at=now,
                    actor="alert", facts={"labels": occurrence.facts["labels"]},
                )  # fmt: skip
        return AlertsTaken(incident_ids=incident_ids)

    async def namesakes(self, session: AsyncSession, rule: str, label: str, limit: int) -> list[Incident]:
        """The latest incidents by the same rule and those with the same label, so many of each."""
        return [_incident(row) for row in await IncidentRows(session).namesakes(rule, label, limit)]

    async def named(self, session: AsyncSession, incident_ids: Collection[str]) -> list[Incident]:
        """Those that are there, without their recordings."""
        return [_incident(row) for row in await IncidentRows(session).named(incident_ids)]

    async def incident_by_recording(self, session: AsyncSession, session_ids: Collection[str]) -> dict[str, str]:
        """Of each recording that belongs to an incident, which."""
        return await IncidentRows(session).incidents_of("recording", session_ids)

    async def recordings_by_incident(
        self, session: AsyncSession, incident_ids: Collection[str], of_each: int
    ) -> dict[str, list[str]]:
        """The latest recordings of each of these incidents."""
        return await IncidentRows(session).latest_subjects(incident_ids, "recording", of_each)

    async def known(self, session: AsyncSession, incident_id: str) -> Incident | None:
        """By its id, or by one that was grouped with it, for whoever has settled already that it may be seen."""
        row = await IncidentRows(session).find(incident_id)
        return None if row is None else _incident(row)

    async def own_id(self, session: AsyncSession, organization_id: str, incident_id: str) -> str | None:
        """The id of an incident that a task of an organization may be about, by any of its ids: the fleet belongs to
        the home organization."""
        row = await IncidentRows(session).find(incident_id) if organization_id == HOME else None
        return None if row is None else row.id

    async def incidents_of_recording(self, session: AsyncSession, session_id: str) -> Collection[str]:
        """The incidents that a recording belongs to."""
        return await IncidentRows(session).all_of("recording", session_id)

    async def put_on_board(
        self, session: AsyncSession, incident_id: str, *, task_id: str, board_id: str, actor: str
    ) -> None:
        """A task is there to work on it; raises UnknownIncident."""
        row = await IncidentRows(session).find(incident_id)
        if row is None:
            raise UnknownIncident
        if await self._enter(session, row, "task", task_id, actor, {"board_id": board_id}):
            self._grouping.tell(session, row, "incident.on_board", {"task_id": task_id, "board_id": board_id})

    async def flow(self, session: AsyncSession, since: datetime, until: datetime) -> Flow:
        """What came and went within a time, for whoever may see the fleet."""
        return await IncidentRows(session).flow(since, until)

    async def statistics(self, session: AsyncSession, caller: Caller, days: int) -> IncidentStatistics:
        """Over the incidents opened in the last days."""
        courses = await IncidentRows(session).courses(self._now() - timedelta(days=days), caller.robot_id)
        return await asyncio.to_thread(_statistics, courses, days)

    async def _move(
        self, session: AsyncSession, caller: Caller, row: IncidentRow, wanted: IncidentState, change: IncidentChange
    ) -> None:
        check_step(row.state, wanted, change.reason)
        if wanted in NEED_CONSENT:
            for gate in self.gates:
                await gate.check(session, row.id)
        if wanted is IncidentState.DUPLICATE:
            row.duplicate_of = await self._original(session, caller, row, change.duplicate_of)
        elif row.state is IncidentState.DUPLICATE:
            row.duplicate_of = None
        now = self._now()
        if row.acknowledged_at is None and wanted is not IncidentState.OPEN:
            row.acknowledged_at = now
        row.resolved_at = now if wanted.is_closed else None
        row.state = wanted
        row.reason = change.reason

    async def _original(self, session: AsyncSession, caller: Caller, row: IncidentRow, original: str | None) -> str:
        if original is None:
            raise OriginalNeeded
        found = await self._found(session, caller, original)
        if row.id in (found.id, found.duplicate_of):
            raise OriginalNeeded
        return found.id

    async def _link_recording(self, session: AsyncSession, caller: Caller, row: IncidentRow, session_id: str) -> None:
        await self._recordings.get(session, session_id, only_robot=caller.robot_id)
        if await self._enter(session, row, "recording", session_id, caller.title, {}):
            row.recording_count += 1
            self._grouping.tell(session, row, "incident.grew", {"kind": "recording", "subject": session_id})

    async def _enter(
        self, session: AsyncSession, row: IncidentRow, kind: str, subject: str | None, actor: str, facts: dict[str, Any]
    ) -> bool:
        now = self._now()
        return await IncidentRows(session).add_entry(
            incident_id=row.id, kind=kind, subject=subject, occurred_at=now, recorded_at=now, actor=actor, facts=facts
        )

    async def _found(
        self, session: AsyncSession, caller: Caller, incident_id: str, *, lock: bool = False
    ) -> IncidentRow:
        row = await IncidentRows(session).find(incident_id, lock=lock)
        if row is None or caller.robot_id not in (None, row.robot_id):
            raise UnknownIncident
        return row

    async def _shown(self, session: AsyncSession, row: IncidentRow) -> Incident:
        await session.flush()
        shown = _incident(row)
        shown.session_ids = list(await IncidentRows(session).subjects(row.id, "recording", SHOWN_RECORDINGS))
        return shown

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _statistics(courses: Sequence[Course], days: int) -> IncidentStatistics:
    groups = {
        "by_robot": by(courses, lambda one: one.robot_id or ""),
        "by_label": by(courses, lambda one: one.label),
        "by_rule": by(courses, lambda one: one.rule),
    }
    shown = {
        name: [IncidentFigures.model_validate(one) for one in found[:SHOWN_GROUPS]] for name, found in groups.items()
    }
    return IncidentStatistics(days=days, total=IncidentFigures.model_validate(figures("total", courses)), **shown)


def _judgement(row: IncidentRow) -> dict[str, Any]:
    """What people decide about an incident."""
    names = ("state", "severity", "title", "root_cause", "ticket_url", "duplicate_of")
    return {name: getattr(row, name) for name in names}


def _incident(row: IncidentRow) -> Incident:
    fields = Incident.model_fields.keys() - {"session_ids"}
    return Incident(**{name: getattr(row, name) for name in fields})


def _entry(row: IncidentEntryRow) -> IncidentEntry:
    return IncidentEntry(**{name: getattr(row, name) for name in IncidentEntry.model_fields})
