"""The hub's events bring incidents to boards: each once, whoever is killed and however many hubs there are."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.hub.db import Database
from pilothouse.hub.events import HUB_STREAM, Event, Events, take_each
from pilothouse.hub.triage.repository import CursorRows
from pilothouse.hub.triage.service.board_incidents import BoardIncidents

KINDS = frozenset({"incident.opened", "incident.changed", "incident.grew"})


class Following:
    """Reads the hub's events behind a cursor that moves in the transaction that makes the tasks."""

    def __init__(self, database: Database, events: Events, incidents: BoardIncidents) -> None:
        self._database = database
        self._events = events
        self._incidents = incidents

    async def run(self) -> None:
        """Until cancelled."""
        async with self._database.reading() as session:
            cursor = await CursorRows(session).read()
        await self._events.attend(HUB_STREAM, cursor, self.take)

    async def take(self, events: Sequence[Event]) -> None:
        """Make tasks of events; those that somebody else has taken are passed over."""
        if not any(event.kind in KINDS for event in events):
            # The cursor may lag behind what is nobody's task.
            return
        await take_each(events, self._take, "an incident could not become a task; it is passed over")

    async def _take(self, events: Sequence[Event]) -> None:
        async with self._database.transaction() as session:
            cursors = CursorRows(session)
            cursor = await cursors.read(lock=True)
            fresh = [event for event in events if event.sequence > cursor]
            for incident_id in dict.fromkeys(event.subject for event in fresh if event.kind in KINDS):
                await self._incidents.take(session, incident_id)
            if fresh:
                await cursors.advance(fresh[-1].sequence)
