"""Lines to debuggers, wherever the session runs: here, or on a worker that is asked for each piece."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from typing import Any, Protocol

from pilothouse.hub.lab.domain.problems import DebuggingUnavailable, SessionNotReady
from pilothouse.hub.lab.service.controls import Controls
from pilothouse.hub.lab.service.execution import Worker
from pilothouse.kit.errors import Problem
from pilothouse.kit.ids import new_id

HELD_WITHIN_S = 30.0
AGAIN_S = 0.2
# What one question carries: it is a row of the database.
PIECE_BYTES = 256 << 10


class Line(Protocol):
    """Bytes of the Debug Adapter Protocol, both ways."""

    async def receive(self) -> bytes:
        """Some bytes; b"" when the debugger has hung up."""
        ...

    async def send(self, content: bytes) -> None: ...

    async def close(self) -> None: ...


class Debugging:
    """Finds the debugger of a command."""

    def __init__(self, worker: Worker, controls: Controls) -> None:
        self._worker = worker
        self._controls = controls

    async def line(self, session_id: str, command_id: str) -> Line:
        """As soon as the session is held by a worker and the debugger is there. Raises DebuggingUnavailable,
        DebuggerBusy, DebuggerAbsent, SessionOver."""
        try:
            async with asyncio.timeout(HELD_WITHIN_S):
                while not self._worker.holds(session_id):
                    far = FarLine(self._controls, session_id, command_id)
                    try:
                        await far.open()
                    except SessionNotReady:
                        await asyncio.sleep(AGAIN_S)
                        continue
                    return far
        except TimeoutError:
            raise DebuggingUnavailable(reason="no worker holds the session yet; try again") from None
        return await self._worker.debug_line(session_id, command_id)


class FarLine:
    """To a debugger on another machine: whatever is said is a question to the worker there, and its answer."""

    def __init__(self, controls: Controls, session_id: str, command_id: str) -> None:
        self._controls = controls
        self._session_id = session_id
        self._command_id = command_id
        self._name = new_id("dbg")

    async def open(self) -> None:
        await self._ask("open")

    async def receive(self) -> bytes:
        """Asks again for as long as nothing is said; b"" when the debugger, or the worker, is gone."""
        with contextlib.suppress(Problem):
            while not (answer := await self._ask("receive"))["ended"]:
                if content := base64.b64decode(answer["content"]):
                    return content
        return b""

    async def send(self, content: bytes) -> None:
        with contextlib.suppress(Problem):
            for start in range(0, len(content), PIECE_BYTES):
                piece = content[start : start + PIECE_BYTES]
                await self._ask("send", content=base64.b64encode(piece).decode())

    async def close(self) -> None:
        with contextlib.suppress(Problem):
            await self._ask("close")

    async def _ask(self, wanted: str, **more: Any) -> dict[str, Any]:
        return await self._controls.debug(
            self._session_id, self._command_id, {"do": wanted, "line": self._name, **more}
        )
