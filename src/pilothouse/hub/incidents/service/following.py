"""The hub's own events become incidents."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Cursor, Database
from pilothouse.hub.events import Consuming, Event, Events
from pilothouse.hub.incidents.domain.occurrences import Occurrence, of_recording, of_risk
from pilothouse.hub.incidents.repository import cursor
from pilothouse.hub.incidents.service.grouping import Grouping

_RECORDINGS = frozenset({"recording.announced", "recording.indexed", "recording.damaged"})


class Following(Consuming):
    """Makes incidents of events, or puts them with those that are there."""

    passed_over = "an event could not become an incident; it is passed over"

    def __init__(self, database: Database, events: Events, grouping: Grouping) -> None:
        super().__init__(database, events)
        self._grouping = grouping

    def cursor(self, session: AsyncSession) -> Cursor:
        return cursor(session)

    def concerns(self, event: Event) -> bool:
        return _occurrence_of(event) is not None

    async def act(self, session: AsyncSession, events: Sequence[Event]) -> None:
        for event in events:
            if (occurrence := _occurrence_of(event)) is not None:
                await self._grouping.take(session, occurrence)


def _occurrence_of(event: Event) -> Occurrence | None:
    if event.kind in _RECORDINGS:
        return of_recording(event.subject, event.payload, event.recorded_at)
    if event.kind == "risk.reported":
        return of_risk(event.subject, event.payload, event.recorded_at)
    return None
