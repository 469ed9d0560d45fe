"""What retention and the lists of recordings ask about incidents."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.incidents.repository import IncidentRows

# More than any incident has; the statement that takes them has bounds.
MOST_RECORDINGS = 10_000


class RecordingLinks:
    """Which recordings belong to which incidents."""

    async def recordings_of(self, session: AsyncSession, incident_id: str) -> Collection[str]:
        rows = IncidentRows(session)
        found = await rows.find(incident_id)
        return () if found is None else await rows.subjects(found.id, "recording", MOST_RECORDINGS)

    async def unresolved(self, session: AsyncSession) -> Collection[str]:
        return frozenset(await IncidentRows(session).unresolved("recording"))
