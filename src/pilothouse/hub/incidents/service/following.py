"""The hub's own events become incidents: each exactly once, whoever is killed and however many hubs there are."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.hub.db import Database
from pilothouse.hub.events import HUB_STREAM, Event, Events, take_each
from pilothouse.hub.incidents.domain.occurrences import Occurrence, of_recording, of_risk
from pilothouse.hub.incidents.repository import IncidentRows
from pilothouse.hub.incidents.service.grouping import Grouping

# Events that are nobody's incident do not move the cursor each time; so many are read again at the next start.
MAY_LAG = 1_000
_RECORDINGS = frozenset({"recording.announced", "recording.indexed", "recording.damaged"})


class Following:
    """Reads the event log behind a cursor that moves in the transaction that does the work."""

    def __init__(self, database: Database, events: Events, grouping: Grouping) -> None:
        self._database = database
        self._events = events
        self._grouping = grouping
        self._written = 0

    async def run(self) -> None:
        """Until cancelled."""
        async with self._database.reading() as session:
            self._written = await IncidentRows(session).cursor()
        await self._events.attend(HUB_STREAM, self._written, self.take)

    async def take(self, events: Sequence[Event]) -> None:
        """Turn events into incidents; those that somebody else has taken are passed over."""
        if events[-1].sequence - self._written < MAY_LAG and not any(_occurrence_of(event) for event in events):
            return
        await take_each(events, self._take, "an event could not become an incident; it is passed over")

    async def _take(self, events: Sequence[Event]) -> None:
        async with self._database.transaction() as session:
            rows = IncidentRows(session)
            cursor = await rows.lock_cursor()
            for event in events:
                occurrence = _occurrence_of(event) if event.sequence > cursor else None
                if occurrence is not None:
                    await self._grouping.take(session, occurrence)
            await rows.advance(max(cursor, events[-1].sequence))
        self._written = max(cursor, events[-1].sequence)


def _occurrence_of(event: Event) -> Occurrence | None:
    if event.kind in _RECORDINGS:
        return of_recording(event.subject, event.payload, event.recorded_at)
    if event.kind == "risk.reported":
        return of_risk(event.subject, event.payload, event.recorded_at)
    return None
