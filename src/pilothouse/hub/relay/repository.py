"""The SQL of who is watched."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import insert_into
from pilothouse.hub.relay.models import WatchedRow


class WatchedRows:
    """Queries within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def watch(self, robot_id: str, until: datetime) -> None:
        statement = insert_into(self._session, WatchedRow).values(robot_id=robot_id, until=until)
        await self._session.execute(statement.on_conflict_do_update(index_elements=["robot_id"], set_={"until": until}))

    async def watched(self, now: datetime) -> set[str]:
        return set((await self._session.scalars(select(WatchedRow.robot_id).where(WatchedRow.until > now))).all())

    async def forget(self, now: datetime) -> None:
        await self._session.execute(delete(WatchedRow).where(WatchedRow.until <= now))
