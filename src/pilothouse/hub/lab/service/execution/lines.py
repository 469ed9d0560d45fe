"""Debuggers here, editors at other hubs: what they say to each other comes as questions and goes as answers."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Any

from pilothouse.hub.lab.service.execution.holdings import Holding
from pilothouse.workspaces import DebugLine

# Shorter than a hub waits for an answer.
DOOR_WITHIN_S = 30.0
DEBUGGER_WITHIN_S = 15.0
SAID_WITHIN_S = 15.0
# Hubs ask again at once while they have an editor; one that is silent for so long has died.
SILENT_S = 60.0


@dataclass(slots=True)
class _Far:
    line: DebugLine
    asked_at: float


@dataclass(slots=True)
class FarLines:
    """Those of one worker."""

    _lines: dict[str, _Far] = field(default_factory=dict)

    async def answer(self, holding: Holding, command_id: str, request: dict[str, Any]) -> dict[str, Any]:
        """Raises DebuggingUnavailable, DebuggerBusy, DebuggerAbsent."""
        name, now = str(request["line"]), asyncio.get_running_loop().time()
        if request["do"] == "open":
            await self._forget_the_silent(now)
            door = await holding.door(command_id, DOOR_WITHIN_S)
            self._lines[name] = _Far(await door.connect(DEBUGGER_WITHIN_S), now)
            return {}
        far = self._lines.get(name)
        if far is None:
            return {"content": "", "ended": True}
        far.asked_at = now
        if request["do"] == "receive":
            return await self._receive(name, far)
        if request["do"] == "send":
            await far.line.send(base64.b64decode(request["content"]))
        else:
            await self._close(name)
        return {}

    async def _receive(self, name: str, far: _Far) -> dict[str, Any]:
        try:
            async with asyncio.timeout(SAID_WITHIN_S):
                content = await far.line.receive()
        except TimeoutError:
            return {"content": "", "ended": False}
        if not content:
            await self._close(name)
        return {"content": base64.b64encode(content).decode(), "ended": not content}

    async def _forget_the_silent(self, now: float) -> None:
        for name in [name for name, far in self._lines.items() if now - far.asked_at > SILENT_S]:
            await self._close(name)

    async def _close(self, name: str) -> None:
        far = self._lines.pop(name, None)
        if far is not None:
            await far.line.close()
