"""The SQL of repairs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import insert_into
from pilothouse.hub.repairs.domain import RepairState
from pilothouse.hub.repairs.models import RepairRow


class RepairRows:
    """Queries on repairs within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, session_id: str) -> RepairRow | None:
        return await self._session.get(RepairRow, session_id, populate_existing=True)

    async def ask(self, session_id: str, by: str, now: datetime) -> bool:
        """Queue it; False when it waits already."""
        fresh = {
            "state": RepairState.QUEUED, "asked_by": by, "asked_at": now, "finished_at": None, "recovered_id": None,
            "message_count": None, "problem": None,
        }  # fmt: skip
        statement = (
            insert_into(self._session, RepairRow)
            .values(session_id=session_id, **fresh)
            .on_conflict_do_update(index_elements=["session_id"], set_=fresh, where=RepairRow.state != fresh["state"])
            .returning(RepairRow.session_id)
        )
        return await self._session.scalar(statement) is not None

    async def finish(self, session_id: str, **values: Any) -> bool:
        """Whether it still waited for that."""
        waits = (RepairRow.session_id == session_id, RepairRow.state == RepairState.QUEUED)
        statement = update(RepairRow).where(*waits).values(**values).returning(RepairRow.session_id)
        return await self._session.scalar(statement) is not None

    async def waiting(self) -> Sequence[str]:
        queued = RepairRow.state == RepairState.QUEUED
        query = select(RepairRow.session_id).where(queued).order_by(RepairRow.asked_at, RepairRow.session_id)
        return (await self._session.scalars(query)).all()
