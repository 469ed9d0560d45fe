"""Queries on artifacts and tickets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.lab.models import ArtifactRow, TicketRow

# What was kept together is in the order of its paths.
_AS_KEPT = (ArtifactRow.created_at, ArtifactRow.path, ArtifactRow.id)


class ArtifactRows:
    """Within one session of the database."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, values: Sequence[dict[str, Any]]) -> Sequence[ArtifactRow]:
        rows = [ArtifactRow(**one) for one in values]
        self._session.add_all(rows)
        await self._session.flush()
        return rows

    async def get(self, session_id: str, artifact_id: str) -> ArtifactRow | None:
        row = await self._session.get(ArtifactRow, artifact_id)
        return row if row is not None and row.session_id == session_id else None

    async def page(self, session_id: str, limit: int, offset: int) -> tuple[Sequence[ArtifactRow], int]:
        """In the order they were kept, and how many there are."""
        own = ArtifactRow.session_id == session_id
        total = await self._session.scalar(select(func.count()).select_from(ArtifactRow).where(own)) or 0
        query = select(ArtifactRow).where(own).order_by(*_AS_KEPT)
        return (await self._session.scalars(query.limit(limit).offset(offset))).all(), total

    async def all_of(self, session_id: str) -> Sequence[ArtifactRow]:
        query = select(ArtifactRow).where(ArtifactRow.session_id == session_id)
        return (await self._session.scalars(query.order_by(*_AS_KEPT))).all()

    async def those(self, artifact_ids: Collection[str]) -> Sequence[ArtifactRow]:
        """In the order they were kept; those that are not there are left out."""
        query = select(ArtifactRow).where(ArtifactRow.id.in_(artifact_ids))
        return (await self._session.scalars(query.order_by(*_AS_KEPT))).all()

    async def known(self, artifact_ids: Collection[str]) -> Sequence[str]:
        """Which of these there are."""
        return (await self._session.scalars(select(ArtifactRow.id).where(ArtifactRow.id.in_(artifact_ids)))).all()

    async def are_kept(self, session_id: str, digests: Collection[str]) -> set[tuple[str, str]]:
        """Path and digest of what a session has kept with one of these digests."""
        query = select(ArtifactRow.path, ArtifactRow.sha256).where(ArtifactRow.session_id == session_id)
        found = await self._session.execute(query.where(ArtifactRow.sha256.in_(digests)))
        return {(path, sha256) for path, sha256 in found}

    async def used_bytes(self, session_id: str) -> int:
        query = select(func.sum(ArtifactRow.size_bytes)).where(ArtifactRow.session_id == session_id)
        return int(await self._session.scalar(query) or 0)

    async def expired(self, now: datetime, limit: int = 200) -> Sequence[ArtifactRow]:
        query = select(ArtifactRow).where(ArtifactRow.expires_at <= now).order_by(ArtifactRow.expires_at)
        return (await self._session.scalars(query.limit(limit))).all()

    async def remove(self, artifact_ids: Sequence[str]) -> None:
        await self._session.execute(delete(ArtifactRow).where(ArtifactRow.id.in_(artifact_ids)))


class TicketRows:
    """Within one session of the database."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, **values: Any) -> None:
        self._session.add(TicketRow(**values))

    async def take(self, secret_sha256: str) -> TicketRow | None:
        """It is gone then: a ticket opens one door once."""
        wanted = TicketRow.secret_sha256 == secret_sha256
        return await self._session.scalar(delete(TicketRow).where(wanted).returning(TicketRow))

    async def forget(self, now: datetime) -> None:
        await self._session.execute(delete(TicketRow).where(TicketRow.expires_at <= now))
