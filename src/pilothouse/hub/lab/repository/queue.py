"""Who runs what: turns of sessions, and the leases of workers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.lab.domain.states import LIVE, Turn
from pilothouse.hub.lab.models import RepositoryRow, SessionRow, WorkerRow

# Of those that wait a worker looks at so many before it gives up on finding one it may take.
LOOKED_AT = 50


class QueueRows:
    """Within one session of the database."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(self, worker_id: str, worker: str) -> SessionRow | None:
        """Take the turn of the session that waits first by priority and time, if its repository has room. Nobody else
        gets the same one."""
        candidates = await self._candidates(worker_id)
        await self._hold_limited({repository_id for _, repository_id, most in candidates if most is not None})
        for session_id, repository_id, most in candidates:
            if most is not None and not await self._has_room(repository_id, most):
                continue
            statement = (
                update(SessionRow)
                .where(SessionRow.id == session_id, SessionRow.turn == Turn.WAITING, _free_for(worker_id))
                .values(turn=Turn.TAKEN, worker_id=worker_id, worker=worker)
                .returning(SessionRow)
            )
            taken = await self._session.scalar(statement)
            if taken is not None:
                return taken
        return None

    async def taken(self, worker_id: str, but: Collection[str]) -> SessionRow | None:
        """A session whose turn this worker has, other than these."""
        wanted = (SessionRow.worker_id == worker_id, SessionRow.turn == Turn.TAKEN, SessionRow.state.in_(LIVE))
        query = select(SessionRow).where(*wanted, SessionRow.id.not_in(but)).limit(1)
        return await self._session.scalar(query.with_for_update())

    async def held(self, worker_id: str) -> Sequence[SessionRow]:
        """Every session that is somebody's, and not over."""
        query = select(SessionRow).where(SessionRow.worker_id == worker_id).order_by(SessionRow.id)
        return (await self._session.scalars(query.with_for_update())).all()

    async def waiting(self) -> int:
        query = select(func.count()).select_from(SessionRow).where(SessionRow.turn == Turn.WAITING)
        return await self._session.scalar(query) or 0

    async def register(self, **values: Any) -> None:
        self._session.add(WorkerRow(**values))
        await self._session.flush()

    async def beat(self, worker_id: str, lease_until: datetime, running: int) -> bool:
        """Whether this worker still counts as alive."""
        values = {"lease_until": lease_until, "running": running}
        statement = update(WorkerRow).where(WorkerRow.id == worker_id).values(**values).returning(WorkerRow.id)
        return await self._session.scalar(statement) is not None

    async def bury(self, worker_id: str, lease_until: datetime | None) -> bool:
        """Forget a worker; True for the one who did so. With a lease only if it was not prolonged since."""
        wanted = [WorkerRow.id == worker_id]
        if lease_until is not None:
            wanted.append(WorkerRow.lease_until <= lease_until)
        return await self._session.scalar(delete(WorkerRow).where(*wanted).returning(WorkerRow.id)) is not None

    async def workers(self) -> Sequence[WorkerRow]:
        return (await self._session.scalars(select(WorkerRow).order_by(WorkerRow.started_at, WorkerRow.id))).all()

    async def _candidates(self, worker_id: str) -> Sequence[tuple[str, str, int | None]]:
        columns = (SessionRow.id, SessionRow.repository_id, RepositoryRow.max_parallel)
        query = select(*columns).join(RepositoryRow, RepositoryRow.id == SessionRow.repository_id)
        query = query.where(SessionRow.turn == Turn.WAITING, SessionRow.state.in_(LIVE), _free_for(worker_id))
        order = (SessionRow.priority.desc(), SessionRow.waiting_since, SessionRow.id)
        query = query.order_by(*order).limit(LOOKED_AT)
        return [(one, repository, most) for one, repository, most in await self._session.execute(query)]

    async def _hold_limited(self, repository_ids: Collection[str]) -> None:
        """Whoever takes the last place of a repository holds it until that is committed. Always in the same order, so
        that two who hold several do not wait for each other."""
        if repository_ids:
            query = select(RepositoryRow.id).where(RepositoryRow.id.in_(repository_ids)).order_by(RepositoryRow.id)
            await self._session.execute(query.with_for_update())

    async def _has_room(self, repository_id: str, most: int) -> bool:
        taken = (SessionRow.repository_id == repository_id, SessionRow.turn == Turn.TAKEN)
        running = await self._session.scalar(select(func.count()).select_from(SessionRow).where(*taken)) or 0
        return running < most


def _free_for(worker_id: str) -> Any:
    return or_(SessionRow.worker_id.is_(None), SessionRow.worker_id == worker_id)
