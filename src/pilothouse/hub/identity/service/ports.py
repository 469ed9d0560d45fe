"""What identity needs from slices above it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.identity.domain import Caller


class Notes(Protocol):
    """Writes down what changes in an organization, in the transaction that changes it."""

    def note(
        self, session: AsyncSession, caller: Caller | None, *, organization_id: str, board_id: str | None, kind: str,
        subject: tuple[str, str], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None,
        summary: str = "",
    ) -> None: ...  # fmt: skip


class Boards(Protocol):
    """Knows which boards there are."""

    async def of_organization(
        self, session: AsyncSession, organization_id: str, board_ids: Collection[str]
    ) -> frozenset[str]:
        """Those of them that the organization has."""
        ...

    async def has_any(self, session: AsyncSession, organization_id: str) -> bool:
        """Whether the organization has boards at all."""
        ...


class AuditOnly:
    """Notes for a hub without an activity log."""

    def note(
        self, session: AsyncSession, caller: Caller | None, *, organization_id: str, board_id: str | None, kind: str,
        subject: tuple[str, str], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None,
        summary: str = "",
    ) -> None:  # fmt: skip
        record(session, kind, f"{subject[0]} {subject[1]}", before=before, after=after)


class NoBoards:
    """A hub without boards."""

    async def of_organization(
        self, session: AsyncSession, organization_id: str, board_ids: Collection[str]
    ) -> frozenset[str]:
        return frozenset()

    async def has_any(self, session: AsyncSession, organization_id: str) -> bool:
        return False
