"""What the slice of incidents, which stands above this one, knows about recordings."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession


class IncidentLinks(Protocol):
    """Given by the slice that knows."""

    async def recordings_of(self, session: AsyncSession, incident_id: str) -> Collection[str]:
        """Ids of the recordings that belong to an incident; none of an unknown one."""
        ...

    async def unresolved(self, session: AsyncSession) -> Collection[str]:
        """Ids of the recordings that belong to incidents somebody still works on."""
        ...


class _NoLinks:
    async def recordings_of(self, session: AsyncSession, incident_id: str) -> Collection[str]:
        return ()

    async def unresolved(self, session: AsyncSession) -> Collection[str]:
        return ()


NO_LINKS = _NoLinks()
