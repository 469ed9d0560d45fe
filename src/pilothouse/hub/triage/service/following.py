"""The hub's events bring incidents to boards."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Cursor, Database
from pilothouse.hub.events import Consuming, Event, Events
from pilothouse.hub.triage.repository import cursor
from pilothouse.hub.triage.service.board_incidents import BoardIncidents

KINDS = frozenset({"incident.opened", "incident.changed", "incident.grew"})


class Following(Consuming):
    """Makes tasks of incidents."""

    passed_over = "an incident could not become a task; it is passed over"

    def __init__(self, database: Database, events: Events, incidents: BoardIncidents) -> None:
        super().__init__(database, events)
        self._incidents = incidents

    def cursor(self, session: AsyncSession) -> Cursor:
        return cursor(session)

    def concerns(self, event: Event) -> bool:
        return event.kind in KINDS

    async def act(self, session: AsyncSession, events: Sequence[Event]) -> None:
        for incident_id in dict.fromkeys(event.subject for event in events):
            await self._incidents.take(session, incident_id)
