"""Queries on sessions and batches."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.lab.domain.states import LIVE, Turn
from pilothouse.hub.lab.models import ArtifactRow, BatchRow, CommandRow, OutputRow, SessionRow
from pilothouse.wire.lab import LabSessionState


@dataclass(frozen=True, slots=True)
class Sought:
    """Which sessions are meant; None and empty mean any."""

    states: Sequence[LabSessionState] = ()
    repository: str | None = None
    incident_id: str | None = None
    batch_id: str | None = None
    label: str | None = None
    commit_sha: str | None = None
    only_session: str | None = None
    only_repository: str | None = None


class SessionRows:
    """Within one session of the database."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, **values: Any) -> SessionRow:
        row = SessionRow(**values)
        self._session.add(row)
        await self._session.flush()
        return row

    async def get(self, session_id: str, *, lock: bool = False) -> SessionRow | None:
        query = select(SessionRow).where(SessionRow.id == session_id)
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def page(self, sought: Sought, limit: int, offset: int) -> tuple[Sequence[SessionRow], int]:
        """Newest first, and how many there are."""
        wanted = _conditions(sought)
        total = await self._session.scalar(select(func.count()).select_from(SessionRow).where(*wanted)) or 0
        newest = (SessionRow.created_at.desc(), SessionRow.id.desc())
        query = select(SessionRow).where(*wanted).order_by(*newest).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def take_sequences(self, session_id: str, count: int) -> int | None:
        """The first of so many numbers for commands; None when the session is over or not there. Until this transaction
        ends nobody else changes the session."""
        statement = (
            update(SessionRow)
            .where(SessionRow.id == session_id, SessionRow.state.in_(LIVE))
            .values(next_sequence=SessionRow.next_sequence + count)
            .returning(SessionRow.next_sequence)
        )
        after = await self._session.scalar(statement)
        return None if after is None else after - count

    async def wait(self, session_id: str, now: datetime) -> bool:
        """There is something to do; whether that is news to the workers."""
        statement = (
            update(SessionRow)
            .where(SessionRow.id == session_id, SessionRow.turn == Turn.NONE)
            .values(turn=Turn.WAITING, waiting_since=now)
            .returning(SessionRow.id)
        )
        return await self._session.scalar(statement) is not None

    async def expired(self, now: datetime, limit: int = 100) -> Sequence[str]:
        query = select(SessionRow.id).where(SessionRow.state.in_(LIVE), SessionRow.expires_at <= now)
        return (await self._session.scalars(query.order_by(SessionRow.expires_at).limit(limit))).all()

    async def old(self, before: datetime, limit: int = 50) -> Sequence[str]:
        """Those that ended long ago, and that no worker holds any more."""
        gone = (SessionRow.state.not_in(LIVE), SessionRow.ended_at < before, SessionRow.worker_id.is_(None))
        return (await self._session.scalars(select(SessionRow.id).where(*gone).limit(limit))).all()

    async def known(self, session_ids: Collection[str]) -> Sequence[str]:
        """Which of these there are."""
        return (await self._session.scalars(select(SessionRow.id).where(SessionRow.id.in_(session_ids)))).all()

    async def keys(self, session_id: str) -> Sequence[str]:
        """Where everything is stored that a session left."""
        pieces = select(OutputRow.key).join(CommandRow, CommandRow.id == OutputRow.command_id)
        pieces = pieces.where(CommandRow.session_id == session_id, OutputRow.key.is_not(None))
        artifacts = select(ArtifactRow.key).where(ArtifactRow.session_id == session_id)
        found = [*await self._session.scalars(pieces), *await self._session.scalars(artifacts)]
        return [key for key in found if key is not None]

    async def remove(self, session_id: str) -> None:
        """With everything in it."""
        await self._session.execute(delete(SessionRow).where(SessionRow.id == session_id))


class BatchRows:
    """Within one session of the database."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, **values: Any) -> BatchRow:
        row = BatchRow(**values)
        self._session.add(row)
        await self._session.flush()
        return row

    async def get(self, batch_id: str) -> BatchRow | None:
        return await self._session.get(BatchRow, batch_id)

    async def page(self, only_repository: str | None, limit: int, offset: int) -> tuple[Sequence[BatchRow], int]:
        wanted = [] if only_repository is None else [BatchRow.repository == only_repository]
        total = await self._session.scalar(select(func.count()).select_from(BatchRow).where(*wanted)) or 0
        newest = (BatchRow.created_at.desc(), BatchRow.id.desc())
        query = select(BatchRow).where(*wanted).order_by(*newest).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def tallies(self, batch_ids: Collection[str]) -> dict[str, tuple[int, int]]:
        """How many sessions of each are over, and how many of them went well."""
        if not batch_ids:
            return {}
        over = case((SessionRow.state.not_in(LIVE), 1), else_=0)
        well = case((SessionRow.state == LabSessionState.COMPLETED, 1), else_=0)
        query = select(SessionRow.batch_id, func.sum(over), func.sum(well)).where(SessionRow.batch_id.in_(batch_ids))
        rows = await self._session.execute(query.group_by(SessionRow.batch_id))
        return {str(one): (int(ended), int(good)) for one, ended, good in rows}

    async def cells(self, batch_id: str) -> tuple[Sequence[SessionRow], dict[str, list[CommandRow]]]:
        """The sessions of a batch in their order, and their commands."""
        query = select(SessionRow).where(SessionRow.batch_id == batch_id).order_by(SessionRow.batch_place)
        sessions = (await self._session.scalars(query)).all()
        commands: dict[str, list[CommandRow]] = {one.id: [] for one in sessions}
        of_batch = select(CommandRow).join(SessionRow, SessionRow.id == CommandRow.session_id)
        of_batch = of_batch.where(SessionRow.batch_id == batch_id).order_by(CommandRow.session_id, CommandRow.sequence)
        for command in await self._session.scalars(of_batch):
            commands[command.session_id].append(command)
        return sessions, commands


def _conditions(sought: Sought) -> Collection[ColumnElement[bool]]:
    row = SessionRow
    conditions: list[ColumnElement[bool]] = []
    if sought.states:
        conditions.append(row.state.in_(sought.states))
    exact = {
        row.repository: (sought.repository, sought.only_repository),
        row.incident_id: (sought.incident_id,),
        row.batch_id: (sought.batch_id,),
        row.commit_sha: (sought.commit_sha,),
        row.id: (sought.only_session,),
    }
    conditions += [column == one for column, wanted in exact.items() for one in wanted if one is not None]
    if sought.label is not None:
        # Labels hold no quotes, so that each stands whole between two of them.
        conditions.append(cast(row.labels, Text).contains(f'"{sought.label}"', autoescape=True))
    return conditions
