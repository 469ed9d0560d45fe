"""What is asked of the worker that holds a session, and waited for: input, signals, files."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pilothouse.hub.db import Database
from pilothouse.hub.lab.domain import problems
from pilothouse.hub.lab.domain.asking import signal_number
from pilothouse.hub.lab.domain.problems import (
    CommandNotRunning,
    InputNotBase64,
    SessionNotReady,
    UnknownLabSession,
    WorkerFailed,
    WorkerSilent,
)
from pilothouse.hub.lab.domain.states import ControlKind, ControlState
from pilothouse.hub.lab.models import CommandRow, SessionRow
from pilothouse.hub.lab.repository import ControlRows, SessionRows
from pilothouse.hub.lab.service.endings import Endings
from pilothouse.hub.lab.service.signals import Signals, of_session
from pilothouse.hub.lab.service.views import over
from pilothouse.hub.storage import Storage
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.errors import Problem
from pilothouse.kit.ids import new_id
from pilothouse.wire.lab import LabArtifact, LabCommandState, LabInput, LabWrittenFile
from pilothouse.workspaces.problems import DebuggerAbsent, DebuggerBusy

# A worker answers within milliseconds, unless a file is large or a command does not read what is typed.
ANSWERS_WITHIN_S = 30.0
LOOK_S = 1.0
FORGOTTEN_AFTER = timedelta(hours=1)
_KNOWN: Mapping[str, type[Problem]] = {
    one.code: one
    for one in (*vars(problems).values(), DebuggerAbsent, DebuggerBusy)
    if isinstance(one, type) and issubclass(one, Problem)
}


class Controls:
    """Asks workers, and waits for their answers; the question and the answer are rows."""

    def __init__(self, database: Database, storage: Storage, endings: Endings, signals: Signals, clock: Clock) -> None:
        self._database = database
        self._storage = storage
        self._endings = endings
        self._signals = signals
        self._clock = clock

    async def type_in(self, session: SessionRow, command: CommandRow, new: LabInput) -> None:
        """Input for a running command, in the order it is sent."""
        check_running(command)
        try:
            content = base64.b64decode(new.base64 or "", validate=True)
        except (binascii.Error, ValueError):
            raise InputNotBase64 from None
        content += (new.text or "").encode("utf-8", "surrogatepass")
        request = {
            "content": base64.b64encode(content).decode(), "close": new.close, "interactive": command.interactive,
            "resize": new.resize and new.resize.model_dump(),
        }  # fmt: skip
        await self._ask(session.id, ControlKind.STDIN, request, command.id)

    async def signal(self, session: SessionRow, command: CommandRow, said: int | str) -> None:
        number = signal_number(said)
        check_running(command)
        await self._ask(session.id, ControlKind.SIGNAL, {"number": number}, command.id)

    async def read_file(self, session: SessionRow, path: str) -> bytes:
        """The content of a file of the checkout, whatever runs meanwhile."""
        key = f"lab/files/{new_id('file')}"
        try:
            await self._ask(session.id, ControlKind.READ, {"path": path, "key": key})
            return await self._storage.read(key)
        finally:
            await self._storage.delete(key)

    async def write_file(self, session: SessionRow, path: str, content: bytes) -> LabWrittenFile:
        """Put a file into the checkout, whole or not at all."""
        key = f"lab/files/{new_id('file')}"
        await self._storage.put(key, content)
        try:
            answer = await self._ask(session.id, ControlKind.WRITE, {"path": path, "key": key})
        finally:
            await self._storage.delete(key)
        return LabWrittenFile(path=path, **answer)

    async def collect(self, session: SessionRow, globs: list[str]) -> list[LabArtifact]:
        """Keep files of the checkout as they are now."""
        answer = await self._ask(session.id, ControlKind.COLLECT, {"globs": globs})
        return [LabArtifact.model_validate(one) for one in answer["items"]]

    async def debug(self, session_id: str, command_id: str, request: dict[str, Any]) -> dict[str, Any]:
        """Ask the worker something about a line to a debugger there."""
        return await self._ask(session_id, ControlKind.DEBUG, request, command_id)

    async def forget(self) -> None:
        """What was asked and answered long ago."""
        before = at(self._clock.now_ns()) - FORGOTTEN_AFTER
        async with self._database.transaction() as session:
            await ControlRows(session).forget(before)

    async def _ask(
        self, session_id: str, kind: ControlKind, request: dict[str, Any], command_id: str | None = None
    ) -> dict[str, Any]:
        with self._signals.heard(of_session(session_id)) as ear:
            async with self._database.transaction() as session:
                row = await SessionRows(session).get(session_id, lock=True)
                if row is None:
                    raise UnknownLabSession
                if row.state.is_over:
                    raise over(row)
                if row.worker_id is None:
                    raise SessionNotReady(state=row.state)
                control_id = await self._endings.ask(session, row, kind, request, command_id)
            try:
                async with asyncio.timeout(ANSWERS_WITHIN_S):
                    while (answer := await self._answer(control_id)) is None:
                        await ear.wait(LOOK_S)
            except TimeoutError:
                raise WorkerSilent from None
        return answer

    async def _answer(self, control_id: int) -> dict[str, Any] | None:
        async with self._database.reading() as session:
            row = await ControlRows(session).get(control_id)
        if row is None:
            raise WorkerSilent
        if row.state is ControlState.FAILED:
            told = row.answer or {}
            raise _problem(str(told.get("code")), told.get("facts") or {})
        return None if row.state is ControlState.WAITING else row.answer or {}


def check_running(command: CommandRow) -> None:
    """Raise CommandNotRunning for one that waits or is over."""
    if command.state is not LabCommandState.RUNNING:
        raise CommandNotRunning(state=command.state)


def _problem(code: str, facts: dict[str, Any]) -> Problem:
    known = _KNOWN.get(code)
    if known is None:
        return WorkerFailed(reason=facts.get("reason", code))
    return known(**facts)
