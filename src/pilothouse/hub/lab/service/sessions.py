"""Debug sessions: made, listed, prolonged, ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.db import Database
from pilothouse.hub.identity import Caller
from pilothouse.hub.identity.domain import FLEET_READ, ScopeMissing
from pilothouse.hub.incidents.service import Incidents
from pilothouse.hub.lab.domain.asking import hash_of, patch_bytes, session_run
from pilothouse.hub.lab.domain.problems import BoundElsewhere, NoPatch, UnknownLabSession, UnknownSecret
from pilothouse.hub.lab.domain.states import Turn
from pilothouse.hub.lab.models import RepositoryRow, SessionRow
from pilothouse.hub.lab.repository import CommandRows, RepositoryRows, SessionRows, Sought
from pilothouse.hub.lab.service.commands import Commands
from pilothouse.hub.lab.service.endings import Endings
from pilothouse.hub.lab.service.leftovers import patch_key
from pilothouse.hub.lab.service.repositories import LabRepositories
from pilothouse.hub.lab.service.signals import QUEUE, Signals
from pilothouse.hub.lab.service.views import command_of, over, session_fields, session_of
from pilothouse.hub.recordings.service import Recordings
from pilothouse.hub.settings import HubSettings
from pilothouse.hub.storage import Storage
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id
from pilothouse.wire.lab import (
    LabSession,
    LabSessionChange,
    LabSessionList,
    LabSessionState,
    MadeLabSession,
    NewLabSession,
)


class Sessions:
    """Every debug session of this hub."""

    def __init__(
        self,
        settings: HubSettings,
        storage: Storage,
        clock: Clock,
        *,
        repositories: LabRepositories,
        commands: Commands,
        endings: Endings,
        signals: Signals,
        recordings: Recordings,
        incidents: Incidents,
    ) -> None:
        self._settings = settings
        self._storage = storage
        self._clock = clock
        self._repositories = repositories
        self._commands = commands
        self._endings = endings
        self._signals = signals
        self._recordings = recordings
        self._incidents = incidents

    async def create(
        self, session: AsyncSession, caller: Caller, new: NewLabSession, *, batch: tuple[str, int] | None = None
    ) -> MadeLabSession:
        """A session waits for a worker from now on; with its commands, if it brings some."""
        if caller.session_id is not None or caller.repository not in (None, new.repository):
            raise BoundElsewhere(what="repository" if caller.session_id is None else "session")
        # What a session is shown, whoever runs commands in it can read.
        if (new.recordings or new.incident_id is not None) and not caller.may_read:
            raise ScopeMissing(scope=FLEET_READ)
        repository = await self._repositories.row(session, new.repository)
        run = session_run(new)
        await self._check_secrets(session, repository, run)
        for recording in dict.fromkeys(new.recordings):
            await self._recordings.get(session, recording, only_robot=None)
        row = await self._add(session, caller, new, repository, run, batch)
        if new.incident_id is not None:
            row.incident_id = await self._incidents.link_lab_session(
                session, caller, new.incident_id, row.id, {"repository": row.repository, "commit_sha": row.commit_sha}
            )
        commands = await self._commands.add(session, caller, row, new.commands)
        self._signals.after(session, QUEUE)
        facts = {"repository": row.repository, "commit_sha": row.commit_sha, "patch_hash": row.patch_hash,
                 "commands": [one.argv for one in new.commands], "network": run["network"]}  # fmt: skip
        record(session, "lab.session.created", row.id, after=facts)
        self._endings.tell(session, row, "lab.session.created", {"commit_sha": row.commit_sha})
        fields = session_fields(row, len(commands))
        return MadeLabSession.model_validate({**fields, "commands": [command_of(one) for one in commands]})

    async def page(self, session: AsyncSession, sought: Sought, limit: int, offset: int) -> LabSessionList:
        """Newest first."""
        rows, total = await SessionRows(session).page(sought, limit, offset)
        counts = await CommandRows(session).counts([row.id for row in rows])
        items = [session_of(row, counts.get(row.id, 0)) for row in rows]
        return LabSessionList(items=items, total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, caller: Caller, session_id: str) -> LabSession:
        row = await self.row(session, caller, session_id)
        return await self._shown(session, row)

    async def patch(self, row: SessionRow) -> bytes:
        """The patch a session was made with, byte for byte. Raises NoPatch."""
        if row.patch_hash is None:
            raise NoPatch(session_id=row.id)
        return await self._storage.read(patch_key(row.id))

    async def change(
        self, session: AsyncSession, caller: Caller, session_id: str, change: LabSessionChange
    ) -> LabSession:
        """Another end, counted from now; other labels. Raises SessionOver."""
        row = await self.row(session, caller, session_id, lock=True)
        if row.state.is_over:
            raise over(row)
        if change.ttl_s is not None:
            row.expires_at = self._now() + timedelta(seconds=change.ttl_s)
        if change.labels is not None:
            row.labels = list(change.labels)
        record(session, "lab.session.changed", row.id, after=change.model_dump(mode="json", exclude_none=True))
        return await self._shown(session, row)

    async def cancel(self, session: AsyncSession, caller: Caller, session_id: str) -> None:
        """End it with everything in it; twice is once."""
        row = await self.row(session, caller, session_id, lock=True)
        if not row.state.is_over:
            await self._endings.end(session, row, LabSessionState.CANCELLED, reason=f"cancelled by {caller.title}")

    async def expire(self, session: AsyncSession) -> int:
        """End those whose time is over; how many there were."""
        now, rows = self._now(), SessionRows(session)
        found = await rows.expired(now)
        for session_id in found:
            row = await rows.get(session_id, lock=True)
            if row is not None and not row.state.is_over and row.expires_at <= now:
                await self._endings.end(session, row, LabSessionState.EXPIRED, reason="its time was over")
        return len(found)

    async def forget(self, database: Database) -> int:
        """Delete what ended long ago, with its output and artifacts; how many sessions that were."""
        before = self._now() - timedelta(days=self._settings.lab_session_days)
        async with database.reading() as session:
            rows = SessionRows(session)
            found = {session_id: await rows.keys(session_id) for session_id in await rows.old(before)}
        for session_id, keys in found.items():
            for key in (*keys, patch_key(session_id)):
                await self._storage.delete(key)
            async with database.transaction() as session:
                await SessionRows(session).remove(session_id)
        return len(found)

    async def row(self, session: AsyncSession, caller: Caller, session_id: str, *, lock: bool = False) -> SessionRow:
        """The session as far as this caller may know of it; raises UnknownLabSession."""
        row = await SessionRows(session).get(session_id, lock=lock)
        if row is None or caller.session_id not in (None, row.id) or caller.repository not in (None, row.repository):
            raise UnknownLabSession
        return row

    async def _add(
        self, session: AsyncSession, caller: Caller, new: NewLabSession, repository: RepositoryRow,
        run: dict[str, Any], batch: tuple[str, int] | None,
    ) -> SessionRow:  # fmt: skip
        now = self._now()
        patch = patch_bytes(new)
        patch_hash = None if patch is None else hash_of(patch)
        session_id = new_id("ses")
        if patch is not None:
            await self._storage.put(patch_key(session_id), patch)
        ttl_s = new.ttl_s or self._settings.lab_session_ttl_s
        return await SessionRows(session).add(
            id=session_id, repository_id=repository.id, repository=repository.name,
            batch_id=batch and batch[0], batch_place=batch and batch[1],
            commit_sha=new.commit_sha and new.commit_sha.lower(), ref=new.ref, patch_hash=patch_hash,
            state=LabSessionState.PENDING, turn=Turn.WAITING, waiting_since=now,
            details={**new.metadata, **({"patch_hash": patch_hash} if patch_hash else {})}, labels=list(new.labels),
            recordings=list(dict.fromkeys(new.recordings)), priority=new.priority, run=run,
            end_when_done=new.end_when_done, next_sequence=1, output_end=0, timings={}, summary={}, created_at=now,
            created_by=caller.title, expires_at=now + timedelta(seconds=ttl_s),
        )  # fmt: skip

    async def _check_secrets(self, session: AsyncSession, repository: RepositoryRow, run: dict[str, Any]) -> None:
        wanted = set(run["secrets"]) - self._settings.lab_secret_values.keys()
        known = await RepositoryRows(session).secrets(repository.id, wanted)
        for name in sorted(wanted - known.keys()):
            raise UnknownSecret(repository=repository.name, secret=name)

    async def _shown(self, session: AsyncSession, row: SessionRow) -> LabSession:
        counts = await CommandRows(session).counts([row.id])
        return session_of(row, counts.get(row.id, 0))

    def _now(self) -> datetime:
        return at(self._clock.now_ns())
