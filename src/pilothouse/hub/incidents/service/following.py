"""The hub's own events become incidents: each exactly once, whoever is killed and however many hubs there are."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.hub.db import Database
from pilothouse.hub.events import HUB_STREAM, Event, Events
from pilothouse.hub.incidents.domain.occurrences import Occurrence, of_recording, of_risk
from pilothouse.hub.incidents.repository import IncidentRows
from pilothouse.hub.incidents.service.grouping import Grouping
from pilothouse.kit.errors import Unavailable
from pilothouse.kit.logs import get_logger

log = get_logger(__name__)

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
        async with self._events.following(HUB_STREAM, self._written) as follower:
            while True:
                await self.take(await follower.take())

    async def take(self, events: Sequence[Event], *, again: bool = True) -> None:
        """Turn events into incidents; those that somebody else has taken are passed over."""
        if events[-1].sequence - self._written < MAY_LAG and not any(_occurrence_of(event) for event in events):
            return
        try:
            await self._take(events)
        except Unavailable:
            raise
        except Exception:  # one event that cannot be taken must not keep all that follow from becoming incidents
            if len(events) == 1 and again:  # two transactions may have waited for each other: once more, then
                await self.take(events, again=False)
                return
            if len(events) == 1:
                log.exception("an event could not become an incident; it is passed over", sequence=events[0].sequence)
                return
            for event in events:
                await self.take([event])

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
