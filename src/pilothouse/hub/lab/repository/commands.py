"""Queries on commands, and on what is asked of workers while they run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.lab.domain.states import UNFINISHED, ControlState
from pilothouse.hub.lab.models import CommandRow, ControlRow
from pilothouse.wire.lab import LabCommandState


class CommandRows:
    """Within one session of the database."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, **values: Any) -> CommandRow:
        row = CommandRow(**values)
        self._session.add(row)
        return row

    async def get(self, session_id: str, command_id: str, *, lock: bool = False) -> CommandRow | None:
        query = select(CommandRow).where(CommandRow.id == command_id, CommandRow.session_id == session_id)
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def by_id(self, command_id: str) -> CommandRow | None:
        return await self._session.get(CommandRow, command_id, populate_existing=True)

    async def page(
        self, session_id: str, states: Sequence[LabCommandState], limit: int, offset: int
    ) -> tuple[Sequence[CommandRow], int]:
        """In their order, and how many there are."""
        wanted = [CommandRow.session_id == session_id]
        if states:
            wanted.append(CommandRow.state.in_(states))
        total = await self._session.scalar(select(func.count()).select_from(CommandRow).where(*wanted)) or 0
        query = select(CommandRow).where(*wanted).order_by(CommandRow.sequence).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def after(self, session_id: str, sequence: int) -> CommandRow | None:
        """The first command behind a place."""
        wanted = (CommandRow.session_id == session_id, CommandRow.sequence > sequence)
        return await self._session.scalar(select(CommandRow).where(*wanted).order_by(CommandRow.sequence).limit(1))

    async def running(self, session_id: str) -> CommandRow | None:
        wanted = (CommandRow.session_id == session_id, CommandRow.state == LabCommandState.RUNNING)
        return await self._session.scalar(select(CommandRow).where(*wanted).order_by(CommandRow.sequence).limit(1))

    async def next_queued(self, session_id: str) -> CommandRow | None:
        wanted = (CommandRow.session_id == session_id, CommandRow.state == LabCommandState.QUEUED)
        query = select(CommandRow).where(*wanted).order_by(CommandRow.sequence).limit(1)
        return await self._session.scalar(query.with_for_update())

    async def unfinished(self, session_id: str) -> Sequence[CommandRow]:
        wanted = (CommandRow.session_id == session_id, CommandRow.state.in_(UNFINISHED))
        query = select(CommandRow).where(*wanted).order_by(CommandRow.sequence).with_for_update()
        return (await self._session.scalars(query)).all()

    async def end_queued(self, session_id: str, **values: Any) -> Sequence[str]:
        """End what has not begun; which commands that were."""
        statement = (
            update(CommandRow)
            .where(CommandRow.session_id == session_id, CommandRow.state == LabCommandState.QUEUED)
            .values(**values)
            .returning(CommandRow.id)
        )
        return (await self._session.scalars(statement)).all()

    async def set_output(self, command_id: str, *, end: int, stdout: int, stderr: int, dropped: int) -> None:
        """So much was written in all, and so much of it is kept."""
        values = {"output_end": end, "stdout_bytes": stdout, "stderr_bytes": stderr, "dropped_bytes": dropped}
        await self._session.execute(update(CommandRow).where(CommandRow.id == command_id).values(**values))

    async def outcomes(self, session_id: str) -> Sequence[LabCommandState]:
        query = select(CommandRow.state).where(CommandRow.session_id == session_id)
        return (await self._session.scalars(query)).all()

    async def counts(self, session_ids: Collection[str]) -> dict[str, int]:
        if not session_ids:
            return {}
        query = select(CommandRow.session_id, func.count()).where(CommandRow.session_id.in_(session_ids))
        found = await self._session.execute(query.group_by(CommandRow.session_id))
        return {str(one): int(count) for one, count in found}


class ControlRows:
    """Within one session of the database."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, **values: Any) -> ControlRow:
        row = ControlRow(state=ControlState.WAITING, **values)
        self._session.add(row)
        await self._session.flush()
        return row

    async def get(self, control_id: int) -> ControlRow | None:
        return await self._session.get(ControlRow, control_id, populate_existing=True)

    async def waiting(self, worker_id: str, after: int, limit: int = 100) -> Sequence[ControlRow]:
        """What a worker is asked, in order."""
        wanted = (ControlRow.worker_id == worker_id, ControlRow.state == ControlState.WAITING, ControlRow.id > after)
        return (
            await self._session.scalars(select(ControlRow).where(*wanted).order_by(ControlRow.id).limit(limit))
        ).all()

    async def answer(self, control_id: int, state: ControlState, answer: dict[str, Any]) -> None:
        values = {"state": state, "answer": answer, "request": {}}
        await self._session.execute(update(ControlRow).where(ControlRow.id == control_id).values(**values))

    async def forget(self, before: datetime) -> None:
        await self._session.execute(delete(ControlRow).where(ControlRow.created_at < before))
