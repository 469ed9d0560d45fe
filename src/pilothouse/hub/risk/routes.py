"""Risk events come in and are looked through."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from pilothouse.hub.identity import check_speaks_for
from pilothouse.hub.identity.auth import Reader, Reading, Reporting, Writer
from pilothouse.hub.risk.repository import Wanted
from pilothouse.hub.risk.schemas import RobotRiskList
from pilothouse.hub.risk.service import RiskEvents
from pilothouse.web import Paging, body_limit
from pilothouse.web.kept import kept
from pilothouse.wire import RiskEventBatch, RiskEventList, RiskEventsAccepted, RiskLevel

router = APIRouter(prefix="/api/v1/risk-events", tags=["risk events"])

# 500 events with 64 joints asked for and sent.
LARGEST_BATCH_BYTES = 4 << 20
# As many as a page of the fleet shows; their ids fit into an address.
MOST_ROBOTS = 100


TheRiskEvents = Annotated[RiskEvents, Depends(kept("risk_events", RiskEvents))]


async def _wanted(
    caller: Reader,
    robot_id: Annotated[str | None, Query(max_length=100)] = None,
    since: Annotated[AwareDatetime | None, Query(description="Occurred then or later")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Occurred before")] = None,
    outcome: Annotated[Literal["pass", "clamp", "reject"] | None, Query()] = None,
    min_risk_level: Annotated[RiskLevel | None, Query(description="This level or a worse one")] = None,
    incident_id: Annotated[str | None, Query(max_length=100)] = None,
) -> Wanted | None:
    if caller.robot_id is not None:
        if robot_id not in (None, caller.robot_id):
            return None
        robot_id = caller.robot_id
    return Wanted(robot_id, since, until, outcome, min_risk_level, incident_id)


@router.post("", summary="Report what guards decided", **body_limit(LARGEST_BATCH_BYTES))
async def report_risk_events(
    caller: Writer, risk_events: TheRiskEvents, session: Reporting, batch: RiskEventBatch
) -> RiskEventsAccepted:
    """What guards decided. An event that arrives again counts once, by its robot and `event_id`."""
    check_speaks_for(caller, [event.robot_id for event in batch.events])
    return await risk_events.take(session, batch)


@router.get("", summary="List what guards decided, the latest first")
async def list_risk_events(
    risk_events: TheRiskEvents, session: Reading, page: Paging, wanted: Annotated[Wanted | None, Depends(_wanted)]
) -> RiskEventList:
    """The latest first. A robot sees its own."""
    if wanted is None:
        return RiskEventList(items=[], total=0, limit=page.limit, offset=page.offset)
    return await risk_events.page(session, wanted, page.limit, page.offset)


@router.get("/by-robot", summary="Sum up what each robot's guard decided")
async def sum_up_risk_events(
    risk_events: TheRiskEvents,
    session: Reading,
    page: Paging,
    wanted: Annotated[Wanted | None, Depends(_wanted)],
    robots: Annotated[
        list[Annotated[str, Query(max_length=100)]] | None,
        Query(max_length=MOST_ROBOTS, description="Only these; any unless told"),
    ] = None,
) -> RobotRiskList:
    """What the guard of each robot reported: how much was clamped and rejected, the worst level, which boundaries
    decided, and the latest event. Whoever reported last comes first."""
    if wanted is None:
        return RobotRiskList(items=[], total=0, limit=page.limit, offset=page.offset)
    return await risk_events.by_robot(session, replace(wanted, robot_ids=robots or ()), page.limit, page.offset)
