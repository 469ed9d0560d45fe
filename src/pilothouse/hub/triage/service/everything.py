"""The services of this slice, put together."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.boards.service import BoardServices
from pilothouse.hub.composition import Hub
from pilothouse.hub.identity import Caller
from pilothouse.hub.incidents.service import Incidents
from pilothouse.hub.triage.service.board_incidents import BoardIncidents
from pilothouse.hub.triage.service.following import Following
from pilothouse.hub.triage.service.rules import Rules


@dataclass(frozen=True, slots=True)
class TriageServices:
    """Rules, what follows from them, and what follows the hub's events; also the evidence of agents."""

    rules: Rules
    board_incidents: BoardIncidents
    following: Following

    async def shows_incident(self, session: AsyncSession, caller: Caller, incident_id: str) -> bool:
        return await self.board_incidents.shows_incident(session, caller, incident_id)

    async def shows_recording(self, session: AsyncSession, caller: Caller, session_id: str) -> bool:
        return await self.board_incidents.shows_recording(session, caller, session_id)


def build_services(hub: Hub, activity: Activity, incidents: Incidents, boards: BoardServices) -> TriageServices:
    """Start nothing."""
    board_incidents = BoardIncidents(incidents, boards, hub.clock)
    return TriageServices(
        rules=Rules(activity, hub.clock),
        board_incidents=board_incidents,
        following=Following(hub.database, hub.events, board_incidents),
    )
