"""Which boards there are, for slices below that may not know more."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.repository import BoardRows


class KnownBoards:
    """Boards by organization."""

    async def of_organization(
        self, session: AsyncSession, organization_id: str, board_ids: Collection[str]
    ) -> frozenset[str]:
        """Those of them that the organization has."""
        return await BoardRows(session).known(organization_id, board_ids)

    async def names(self, session: AsyncSession, organization_id: str, board_ids: Collection[str]) -> dict[str, str]:
        """What those of them that the organization has are called."""
        return await BoardRows(session).names(organization_id, board_ids)

    async def has_any(self, session: AsyncSession, organization_id: str) -> bool:
        return await BoardRows(session).has_any(organization_id)
