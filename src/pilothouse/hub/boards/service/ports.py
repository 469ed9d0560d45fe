"""What boards need of slices above them."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.identity import Caller


class RecentMemory(Protocol):
    """What was written into a board's memory, or a group's, of late."""

    async def recent(
        self, session: AsyncSession, caller: Caller, *, board_id: str | None, group_id: str | None, limit: int
    ) -> list[dict[str, Any]]:
        """The latest first, as the routes of memory show it."""
        ...


class KnownIncidents(Protocol):
    """Which incidents there are."""

    async def is_known(self, session: AsyncSession, organization_id: str, incident_id: str) -> bool:
        """Whether a task of an organization may be about it."""
        ...


class TaskBudget(Protocol):
    """How many tasks somebody may take on."""

    async def take_task(self, session: AsyncSession, caller: Caller) -> None:
        """Count one that they make or claim, in the transaction that does it; raises when it is one too many."""
        ...


class NoBudget:
    """Everybody takes on as much as they like."""

    async def take_task(self, session: AsyncSession, caller: Caller) -> None: ...


class NoMemory:
    """A hub without memory."""

    async def recent(
        self, session: AsyncSession, caller: Caller, *, board_id: str | None, group_id: str | None, limit: int
    ) -> list[dict[str, Any]]:
        return []
