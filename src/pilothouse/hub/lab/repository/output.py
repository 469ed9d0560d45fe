"""Queries on what commands wrote."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from pilothouse.hub.db import insert_into
from pilothouse.hub.lab.models import OutputRow


class OutputRows:
    """Within one session of the database."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, pieces: Sequence[dict[str, Any]]) -> None:
        """Those that are there already stay as they are."""
        if pieces:
            await self._session.execute(insert_into(self._session, OutputRow).on_conflict_do_nothing(), pieces)

    async def pieces(self, command_id: str, start: int, limit: int) -> Sequence[OutputRow]:
        """Those that end behind a place, in order, with their content where it is here."""
        wanted = (OutputRow.command_id == command_id, OutputRow.offset + OutputRow.size_bytes > start)
        query = select(OutputRow).where(*wanted).order_by(OutputRow.offset).limit(limit)
        return (await self._session.scalars(query.options(undefer(OutputRow.content)))).all()

    async def index(self, command_id: str) -> Sequence[OutputRow]:
        """All of them, without their content."""
        query = select(OutputRow).where(OutputRow.command_id == command_id).order_by(OutputRow.offset)
        return (await self._session.scalars(query)).all()

    async def content(self, command_id: str, offset: int) -> bytes | None:
        wanted = (OutputRow.command_id == command_id, OutputRow.offset == offset)
        return await self._session.scalar(select(OutputRow.content).where(*wanted))

    async def keys(self, command_ids: Collection[str]) -> Sequence[str]:
        """Where bytes of these commands are stored."""
        wanted = (OutputRow.command_id.in_(command_ids), OutputRow.key.is_not(None))
        return [key for key in await self._session.scalars(select(OutputRow.key).where(*wanted)) if key is not None]

    async def remove(self, command_id: str) -> Sequence[str]:
        """Forget everything a command wrote; the keys of what is stored elsewhere."""
        statement = delete(OutputRow).where(OutputRow.command_id == command_id).returning(OutputRow.key)
        return [key for key in await self._session.scalars(statement) if key is not None]
