"""Incidents: what failed, how bad it is, who looks at it, what was found."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime

from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import OnceKey, Reading, ThisHub, Writing
from pilothouse.hub.incidents.auth import IncidentWitness, Operator, Reader, Writer
from pilothouse.hub.incidents.domain.states import LIVE, IncidentState, Severity
from pilothouse.hub.incidents.repository import Sought
from pilothouse.hub.incidents.schemas import (
    Alerts,
    AlertsTaken,
    Incident,
    IncidentChange,
    IncidentList,
    IncidentStatistics,
    IncidentTimeline,
    NewIncident,
    NewIncidentRecording,
    NewNote,
)
from pilothouse.hub.incidents.service import Incidents
from pilothouse.kit.clock import at
from pilothouse.web import Paging
from pilothouse.web.kept import kept

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])

IncidentPath = Annotated[str, Path(max_length=100)]


TheIncidents = Annotated[Incidents, Depends(kept("incidents", Incidents))]


async def _sought(
    caller: Reader,
    state: Annotated[list[IncidentState] | None, Query(description="Any of these")] = None,
    *,
    live: Annotated[bool, Query(description="Only those that are not closed")] = False,
    severity: Annotated[list[Severity] | None, Query(description="Any of these")] = None,
    min_severity: Annotated[Severity | None, Query(description="This severity or a worse one")] = None,
    robot_id: Annotated[str | None, Query(max_length=100)] = None,
    rule: Annotated[str | None, Query(max_length=200)] = None,
    since: Annotated[AwareDatetime | None, Query(description="Opened then or later")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Opened before")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Words in the title")] = None,
    order: Annotated[
        Literal["latest", "urgency"], Query(description="`urgency`: the worst first, then the oldest")
    ] = "latest",
) -> Sought:
    states = tuple(state or ()) or (LIVE if live else ())
    return Sought(
        states, min_severity, robot_id, caller.robot_id, rule, since, until, q, tuple(severity or ()),
        by_urgency=order == "urgency",
    )  # fmt: skip


@router.get("", summary="List incidents, the latest first")
async def list_incidents(
    incidents: TheIncidents, session: Reading, page: Paging, sought: Annotated[Sought, Depends(_sought)]
) -> IncidentList:
    return await incidents.page(session, sought, page.limit, page.offset)


@router.post("", status_code=201, summary="Open an incident")
async def open_incident(
    caller: Operator, incidents: TheIncidents, session: Writing, hub: ThisHub, once: OnceKey, new: NewIncident
) -> Incident:
    """Triggers, guards and alerts open incidents by themselves; this is for what a person saw."""
    return await answer_once(
        session, once, at(hub.clock.now_ns()), Incident, lambda: incidents.create(session, caller, new)
    )


@router.post("/alerts", summary="Take alerts of Alertmanager or Grafana")
async def take_alerts(caller: Writer, incidents: TheIncidents, session: Writing, webhook: Alerts) -> AlertsTaken:
    """Webhooks of version 4. An alert opens an incident once, by its fingerprint and when it started, however often it
    is repeated; the labels `robot_id`, `robot`, `instance` or `host` name the robot, `severity` how bad it is."""
    return await incidents.take_alerts(session, caller, webhook)


@router.get("/statistics", summary="How often, and how long until it was over")
async def incident_statistics(
    caller: Reader,
    incidents: TheIncidents,
    session: Reading,
    days: Annotated[int, Query(ge=1, le=3_650, description="Incidents opened in the last days")] = 30,
) -> IncidentStatistics:
    """MTTA, MTTR, recurrence and captures: in total, by robot, by label, by rule."""
    return await incidents.statistics(session, caller, days)


@router.get("/{incident_id}", summary="Get an incident")
async def get_incident(
    caller: IncidentWitness, incidents: TheIncidents, session: Reading, incident_id: IncidentPath
) -> Incident:
    """By its id, or by any that a robot gave to what was grouped with it."""
    return await incidents.get(session, caller, incident_id)


@router.patch("/{incident_id}", summary="Move, judge or explain an incident")
async def change_incident(
    caller: Operator, incidents: TheIncidents, session: Writing, incident_id: IncidentPath, change: IncidentChange
) -> Incident:
    """`open`, `investigating`, `mitigated`, then `resolved`, `duplicate` or `wont_fix`; a closed one can be opened
    again, with a reason."""
    return await incidents.change(session, caller, incident_id, change)


@router.get("/{incident_id}/timeline", summary="Everything that touched an incident")
async def incident_timeline(
    caller: IncidentWitness, incidents: TheIncidents, session: Reading, incident_id: IncidentPath, page: Paging
) -> IncidentTimeline:
    return await incidents.timeline(session, caller, incident_id, page.limit, page.offset)


@router.post("/{incident_id}/notes", status_code=201, summary="Note what was found out")
async def note_on_incident(
    caller: Operator, incidents: TheIncidents, session: Writing, incident_id: IncidentPath, note: NewNote
) -> Incident:
    return await incidents.note(session, caller, incident_id, note.body)


@router.post("/{incident_id}/recordings", status_code=201, summary="Add a recording to an incident")
async def add_incident_recording(
    caller: Operator,
    incidents: TheIncidents,
    session: Writing,
    incident_id: IncidentPath,
    recording: NewIncidentRecording,
) -> Incident:
    return await incidents.add_recording(session, caller, incident_id, recording.session_id)
