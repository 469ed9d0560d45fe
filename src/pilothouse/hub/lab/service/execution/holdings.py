"""What a worker holds at the moment; lives in its memory and dies with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pilothouse.hub.lab.domain.problems import DebuggingUnavailable
from pilothouse.sandbox.sandbox import Running
from pilothouse.workspaces import DebugDoor, Shown, Workspace


@dataclass(slots=True)
class Holding:
    """One session: its checkout, and what runs in it just now."""

    session_id: str
    workspace: Workspace | None = None
    shown: Shown = field(default_factory=Shown)
    turn: asyncio.Task[None] | None = None
    preparing: asyncio.Task[dict[str, Any]] | None = None
    command_id: str | None = None
    running: Running | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    # What entered any command of the session: the next one finds it in a file.
    hidden: frozenset[str] = frozenset()
    cancelled: set[str] = field(default_factory=set)
    is_ending: bool = False
    doors: dict[str, DebugDoor] = field(default_factory=dict)
    # Something of the above is another than before.
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def door(self, command_id: str, timeout_s: float) -> DebugDoor:
        """The way to the debugger of a command, once that has begun; raises DebuggingUnavailable."""
        try:
            async with asyncio.timeout(timeout_s):
                while (door := self.doors.get(command_id)) is None:
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            raise DebuggingUnavailable(reason="the command has not begun, or is over") from None
        return door

    @property
    def is_busy(self) -> bool:
        return self.turn is not None and not self.turn.done()
