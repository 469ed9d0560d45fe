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

    async def own_id(self, session: AsyncSession, organization_id: str, incident_id: str) -> str | None:
        """The id of an incident that a task of an organization may be about, by any of its ids."""
        ...


class BoardIncidents(Protocol):
    """Which incidents a board works on: it decides what its agents see of them."""

    async def works_on(self, session: AsyncSession, board_id: str, incident_id: str) -> bool:
        """Whether the board has a task for it."""
        ...

    async def take_up(
        self, session: AsyncSession, caller: Caller, *, board_id: str, task_id: str, incident_id: str
    ) -> None:
        """A task is about an incident: the board works on it, and the incident shows the task."""
        ...

    async def let_go(
        self, session: AsyncSession, *, board_id: str, task_id: str, incident_id: str, instead: str | None
    ) -> None:
        """A task is about an incident no more; another task of the board may still be."""
        ...


class NoBoardIncidents:
    """Boards that work on no incidents."""

    async def works_on(self, session: AsyncSession, board_id: str, incident_id: str) -> bool:
        return False

    async def take_up(
        self, session: AsyncSession, caller: Caller, *, board_id: str, task_id: str, incident_id: str
    ) -> None: ...

    async def let_go(
        self, session: AsyncSession, *, board_id: str, task_id: str, incident_id: str, instead: str | None
    ) -> None: ...


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
