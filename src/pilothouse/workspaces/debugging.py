"""A debugger in a sandbox: debugpy listens inside, and calls out to a socket of ours; nobody reaches in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pilothouse.workspaces.model import Shown


class DebugDoor:
    """One debugged command's way out: a socket that only this session sees. One caller at a time, many in turn."""

    def __init__(self, directory: Path) -> None:
        """``directory`` is new, of this command alone, and short (a socket's path has 107 bytes at most)."""
        raise NotImplementedError

    @property
    def shown(self) -> Shown:
        """To be mounted for the command: the socket, debugpy and its launcher."""
        raise NotImplementedError

    def command(self, argv: Sequence[str], *, stop_on_entry: bool = True) -> tuple[str, ...]:
        """The command that runs a Python program (``["script.py", …]``, ``["-m", "pytest", …]``, with or without a
        leading ``python``) under the debugger."""
        raise NotImplementedError

    async def open(self) -> None:
        """Listen; before the command starts."""
        raise NotImplementedError

    async def connect(self, timeout_s: float = 30.0) -> DebugLine:
        """A line to the debugger inside, as soon as it is there. Raises DebuggerAbsent, DebuggerBusy."""
        raise NotImplementedError

    async def close(self) -> None:
        """Hang up and remove the socket."""
        raise NotImplementedError


class DebugLine:
    """Bytes of the Debug Adapter Protocol, both ways."""

    async def receive(self) -> bytes:
        """Some bytes; b"" when the debugger has hung up."""
        raise NotImplementedError

    async def send(self, content: bytes) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError
