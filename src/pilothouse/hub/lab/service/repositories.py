"""Where code comes from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.identity import Caller
from pilothouse.hub.lab.domain.problems import UnknownRepository, UnknownSecret
from pilothouse.hub.lab.models import RepositoryRow
from pilothouse.hub.lab.repository import RepositoryRows
from pilothouse.hub.lab.service.sealing import Sealing
from pilothouse.hub.lab.service.views import repository_of
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id
from pilothouse.wire.lab import LabRepository, LabRepositoryList, LabSecret, NewLabRepository

_ANEW = ("remote_url", "default_branch", "setup", "max_parallel", "metadata", "changed_at")


class LabRepositories:
    """Every repository that sessions may be made from."""

    def __init__(self, clock: Clock, check_remote: Callable[[str], None], sealing: Sealing) -> None:
        self._clock = clock
        self._check_remote = check_remote
        self._sealing = sealing

    async def init(self, session: AsyncSession, caller: Caller, new: NewLabRepository) -> LabRepository:
        """Make one known, or say anew where it comes from; raises what is wrong with the address."""
        self._check_remote(new.remote_url)
        rows, now = RepositoryRows(session), self._now()
        before = await rows.get(new.name, lock=True)
        told = None if before is None else {"remote_url": before.remote_url, "default_branch": before.default_branch}
        values = {**new.model_dump(mode="json"), "id": new_id("repo"), "created_at": now, "created_by": caller.title}
        await rows.put({**values, "changed_at": now}, _ANEW)
        session.expire_all()
        row = await self.row(session, new.name)
        after = {"remote_url": row.remote_url, "default_branch": row.default_branch}
        record(session, "lab.repository.initialized", new.name, before=told, after=after)
        return await self._shown(session, row)

    async def page(self, session: AsyncSession, caller: Caller, limit: int, offset: int) -> LabRepositoryList:
        rows = RepositoryRows(session)
        found, total = await rows.page(caller.repository, limit, offset)
        secrets = await rows.secret_names([row.id for row in found])
        items = [repository_of(row, secrets.get(row.id, [])) for row in found]
        return LabRepositoryList(items=items, total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, caller: Caller, name: str) -> LabRepository:
        if caller.repository not in (None, name):
            raise UnknownRepository(name=name)
        return await self._shown(session, await self.row(session, name))

    async def row(self, session: AsyncSession, name: str) -> RepositoryRow:
        row = await RepositoryRows(session).get(name)
        if row is None:
            raise UnknownRepository(name=name)
        return row

    async def put_secret(self, session: AsyncSession, caller: Caller, name: str, secret: str, new: LabSecret) -> None:
        """Keep a secret; nobody reads it here again."""
        row = await self.row(session, name)
        sealed = self._sealing.seal(new.value)
        await RepositoryRows(session).put_secret(row.id, secret, sealed, self._now(), caller.title)
        record(session, "lab.secret.written", f"{name}/{secret}")

    async def remove_secret(self, session: AsyncSession, name: str, secret: str) -> None:
        row = await self.row(session, name)
        if not await RepositoryRows(session).remove_secret(row.id, secret):
            raise UnknownSecret(repository=name, secret=secret)
        record(session, "lab.secret.removed", f"{name}/{secret}")

    async def _shown(self, session: AsyncSession, row: RepositoryRow) -> LabRepository:
        secrets = await RepositoryRows(session).secret_names([row.id])
        return repository_of(row, secrets.get(row.id, []))

    def _now(self) -> datetime:
        return at(self._clock.now_ns())
