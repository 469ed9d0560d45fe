"""Lines that carry messages between whoever speaks and whoever listens now; nothing is kept."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from pilothouse.hub.relay.domain import Backlog
from pilothouse.kit.errors import Problem


class Listener:
    """One end of a line; a slow one loses messages and knows how many."""

    def __init__(self) -> None:
        self._backlog = Backlog()
        self._something = asyncio.Event()
        self._broken: Problem | None = None

    def put(self, message: str | bytes) -> None:
        self._backlog.put(message)
        self._something.set()

    def break_off(self, problem: Problem) -> None:
        """The line is down and stays so: whoever listens hears what waits, and then this."""
        self._broken = problem
        self._something.set()

    async def take(self) -> tuple[list[str | bytes], int]:
        """The next messages, at least one, and how many were missed before them; raises what broke the line."""
        while not len(self._backlog):
            if self._broken is not None:
                raise self._broken
            self._something.clear()
            await self._something.wait()
        return self._backlog.take()


class Lines(Protocol):
    async def say(self, line: str, message: str | bytes) -> None:
        """Whoever listens now hears it."""
        ...

    def listening(self, line: str) -> AbstractAsyncContextManager[Listener]:
        """Hear what is said from now on."""
        ...


class LocalLines:
    """Within this process."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = defaultdict(set)

    async def say(self, line: str, message: str | bytes) -> None:
        for listener in tuple(self._listeners.get(line, ())):
            listener.put(message)

    @asynccontextmanager
    async def listening(self, line: str) -> AsyncIterator[Listener]:
        listener = Listener()
        self._listeners[line].add(listener)
        try:
            yield listener
        finally:
            self._listeners[line].discard(listener)
            if not self._listeners[line]:
                del self._listeners[line]
