"""Somebody watches a session: what was written so far, then what comes, each byte once and in order."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from pilothouse.hub.db import Database
from pilothouse.hub.lab.domain.output import OutputFrame
from pilothouse.hub.lab.models import CommandRow
from pilothouse.hub.lab.repository import CommandRows, SessionRows
from pilothouse.hub.lab.service.output import Outputs, Slice
from pilothouse.hub.lab.service.signals import Ear, Signals, of_session

# A hint that was lost costs so much.
LOOK_S = 2.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A part of the output of a command; ``offset`` counts from the beginning of what is watched."""

    command: CommandRow
    offset: int
    frame: OutputFrame


@dataclass(frozen=True, slots=True)
class Ended:
    """A command is over, and everything it wrote was seen."""

    command: CommandRow
    offset: int


class Watching:
    """Follows the output of sessions and commands."""

    def __init__(self, database: Database, outputs: Outputs, signals: Signals) -> None:
        self._database = database
        self._outputs = outputs
        self._signals = signals

    async def command(self, session_id: str, command_id: str, start: int) -> AsyncGenerator[Seen | Ended | None]:
        """One command to its end; offsets are its own. None now and then, when nothing came."""
        async for one in self._command(session_id, command_id, 0, start):
            yield one

    async def session(self, session_id: str, start: int) -> AsyncGenerator[Seen | Ended | None]:
        """Every command of a session in order, until the session is over; offsets count through all of them."""
        with self._signals.heard(of_session(session_id)) as ear:
            async for one in self._session(session_id, start, ear):
                yield one

    async def _session(self, session_id: str, start: int, ear: Ear) -> AsyncGenerator[Seen | Ended | None]:
        sequence = 0
        while True:
            command, is_over = await self._after(session_id, sequence)
            if command is None and is_over:
                return
            if command is None or (command.output_base is None and not command.state.is_over):
                await ear.wait(LOOK_S)
                yield None
                continue
            sequence = command.sequence
            base = command.output_base or 0
            if command.output_base is None or base + command.output_end < start:
                continue
            async for one in self._command(session_id, command.id, base, max(0, start - base)):
                yield one

    async def _command(
        self, session_id: str, command_id: str, base: int, start: int
    ) -> AsyncGenerator[Seen | Ended | None]:
        place = start
        with self._signals.heard(of_session(session_id)) as ear:
            while True:
                command = await self._outputs.command(command_id)
                if command is None or command.session_id != session_id:
                    return
                # What is read now was written before the command was seen to be over, or will be seen next time.
                async for frames in self._outputs.frames(command_id, Slice(start=place)):
                    for frame in frames:
                        place = frame.end
                        yield Seen(command, base + frame.offset, frame)
                if command.state.is_over:
                    yield Ended(command, base + command.output_end)
                    return
                await ear.wait(LOOK_S)
                yield None

    async def _after(self, session_id: str, sequence: int) -> tuple[CommandRow | None, bool]:
        async with self._database.reading() as session:
            row = await SessionRows(session).get(session_id)
            return await CommandRows(session).after(session_id, sequence), row is None or row.state.is_over
