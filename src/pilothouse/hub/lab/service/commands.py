"""Commands: queued, listed, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.identity import Caller
from pilothouse.hub.lab.domain.asking import command_run, inside
from pilothouse.hub.lab.domain.problems import TooManyCommands, UnknownCommand, UnknownSecret
from pilothouse.hub.lab.domain.states import ControlKind
from pilothouse.hub.lab.models import CommandRow, SessionRow
from pilothouse.hub.lab.repository import CommandRows, RepositoryRows, SessionRows
from pilothouse.hub.lab.service.endings import Endings
from pilothouse.hub.lab.service.signals import QUEUE, Signals, of_session
from pilothouse.hub.lab.service.views import command_of, over
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id
from pilothouse.wire.lab import (
    LabCommand,
    LabCommandList,
    LabCommandState,
    LabDebugRequest,
    LabTermination,
    NewLabCommand,
)

MOST_COMMANDS = 10_000


class Commands:
    """The commands of debug sessions."""

    def __init__(self, settings: HubSettings, endings: Endings, signals: Signals, clock: Clock) -> None:
        self._settings = settings
        self._endings = endings
        self._signals = signals
        self._clock = clock

    async def queue(
        self, session: AsyncSession, caller: Caller, row: SessionRow, new: NewLabCommand, *,
        debugged: LabDebugRequest | None = None,
    ) -> LabCommand:  # fmt: skip
        """Put a command behind those of its session; raises SessionOver."""
        added = await self.add(session, caller, row, [new], debugged=debugged)
        if await SessionRows(session).wait(row.id, at(self._clock.now_ns())):
            self._signals.after(session, QUEUE)
        self._signals.after(session, of_session(row.id))
        facts = {"argv": new.argv, "sequence": added[0].sequence}
        record(session, "lab.command.queued", added[0].id, after=facts)
        self._endings.tell_command(session, row, "lab.command.queued", added[0].id, {"sequence": added[0].sequence})
        return command_of(added[0])

    async def add(
        self, session: AsyncSession, caller: Caller, row: SessionRow, new: Sequence[NewLabCommand], *,
        debugged: LabDebugRequest | None = None,
    ) -> list[CommandRow]:  # fmt: skip
        """Commands with the next numbers of their session, each number once however many come at the same time."""
        if not new:
            return []
        runs = [command_run(one, row.run) for one in new]
        for run in runs:
            if debugged is not None:
                run["wait_for_client"] = debugged.wait_for_client
            await self._check_secrets(session, row, run)
        first = await SessionRows(session).take_sequences(row.id, len(new))
        if first is None:
            await session.refresh(row)
            raise over(row)
        if first + len(new) - 1 > MOST_COMMANDS:
            raise TooManyCommands(limit=MOST_COMMANDS)
        commands = CommandRows(session)
        return [
            commands.add(
                id=new_id("cmd"), session_id=row.id, sequence=first + place, state=LabCommandState.QUEUED,
                argv=list(one.argv), cwd=inside(one.cwd), network=run["network"], run=run,
                interactive=one.interactive or one.terminal is not None, idempotent=one.idempotent,
                debugged=debugged is not None, cancel_asked=False, attempts=0, output_end=0, stdout_bytes=0,
                stderr_bytes=0, dropped_bytes=0, created_at=at(self._clock.now_ns()), created_by=caller.title,
            )
            for place, (one, run) in enumerate(zip(new, runs, strict=True))
        ]  # fmt: skip

    async def page(
        self, session: AsyncSession, row: SessionRow, states: Sequence[LabCommandState], limit: int, offset: int
    ) -> LabCommandList:
        """In their order."""
        found, total = await CommandRows(session).page(row.id, states, limit, offset)
        return LabCommandList(items=[command_of(one) for one in found], total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, row: SessionRow, command_id: str) -> LabCommand:
        return command_of(await self.row(session, row, command_id))

    async def row(self, session: AsyncSession, row: SessionRow, command_id: str, *, lock: bool = False) -> CommandRow:
        """Raises UnknownCommand."""
        found = await CommandRows(session).get(row.id, command_id, lock=lock)
        if found is None:
            raise UnknownCommand
        return found

    async def cancel(self, session: AsyncSession, caller: Caller, row: SessionRow, command_id: str) -> None:
        """What waits is over at once; what runs, once its worker has ended all of it. Twice is once."""
        command = await self.row(session, row, command_id, lock=True)
        if command.state.is_over or command.cancel_asked:
            return
        command.cancel_asked = True
        record(session, "lab.command.cancelled", command.id, before={"state": command.state})
        if command.state is LabCommandState.QUEUED:
            command.state, command.termination_reason = LabCommandState.CANCELLED, LabTermination.CANCELLED
            command.reason, command.ended_at = f"cancelled by {caller.title}", at(self._clock.now_ns())
            self._endings.tell_command(session, row, "lab.command.cancelled", command.id, {})
        elif row.worker_id is not None:
            await self._endings.ask(session, row, ControlKind.CANCEL, {"by": caller.title}, command.id)

    async def _check_secrets(self, session: AsyncSession, row: SessionRow, run: dict[str, Any]) -> None:
        wanted = set(run["secrets"]) - set(row.run["secrets"]) - self._settings.lab_secret_values.keys()
        known = await RepositoryRows(session).secrets(row.repository_id, wanted)
        for name in sorted(wanted - known.keys()):
            raise UnknownSecret(repository=row.repository, secret=name)
