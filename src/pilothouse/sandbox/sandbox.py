"""Start commands in a sandbox."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from pilothouse.sandbox.log import OutputLog
from pilothouse.sandbox.model import Command, Ending, Level, Offer, TerminationReason
from pilothouse.sandbox.problems import SandboxTooWeak


class Sandbox:
    """Starts commands; ends all of them when it is closed or its process dies. Use as ``async with``."""

    def __init__(self, directory: Path, offer: Offer, *, allow_unsandboxed: bool = False) -> None:
        if offer.level is not Level.ISOLATED and not allow_unsandboxed:
            raise SandboxTooWeak(missing="; ".join(offer.missing()))
        self._directory = directory
        self.offer = offer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self, command: Command, log: OutputLog) -> Running:
        """Start it. Its output goes to the log, which is closed with the ending."""
        raise NotImplementedError

    async def close(self) -> None:
        """End every command that runs, and the process that started them."""


class Running:
    """A command that was started."""

    pid: int

    async def wait(self) -> Ending:
        """How it ended. Cancelling the wait does not end the command."""
        raise NotImplementedError

    async def send(self, content: bytes) -> None:
        """Write to its standard input; waits while the command does not read."""
        raise NotImplementedError

    async def close_stdin(self) -> None:
        """End of its standard input (for a terminal: Ctrl-D)."""
        raise NotImplementedError

    async def signal(self, number: int) -> None:
        """Send a signal to the foreground process group inside."""
        raise NotImplementedError

    async def resize(self, rows: int, columns: int) -> None:
        """Tell the terminal its new size; nothing happens without one."""
        raise NotImplementedError

    async def cancel(self, reason: TerminationReason = TerminationReason.CANCELLED) -> None:
        """SIGTERM to everything in it, SIGKILL after its grace; returns when nothing is left."""
        raise NotImplementedError
