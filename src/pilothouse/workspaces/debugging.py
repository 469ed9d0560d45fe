"""A debugger in a sandbox: debugpy listens inside, and calls out to a socket of ours; nobody reaches in.

To connect to a socket in a directory that a guest may write to would be to connect to whatever the guest has put there.
So the socket is ours, in a directory that is shown read-only, and the guest's end calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from pilothouse.workspaces.inside_view import HOME, INSIDE, programs_shown
from pilothouse.workspaces.model import Shown
from pilothouse.workspaces.problems import DebuggerAbsent, DebuggerBusy, DebuggerMissing
from pilothouse.workspaces.removal import remove_tree

CHUNK_BYTES = 65_536
MOST_ADDRESS_BYTES = 107
_DOOR = f"{HOME}/door"
_DEBUGPY = f"{HOME}/debugpy"
_SOCKET = "s"


class DebugLine:
    """Bytes of the Debug Adapter Protocol, both ways."""

    def __init__(self, door: DebugDoor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._door = door
        self._reader = reader
        self._writer = writer

    async def receive(self) -> bytes:
        """Some bytes; b"" when the debugger has hung up."""
        try:
            return await self._reader.read(CHUNK_BYTES)
        except OSError:
            return b""

    async def send(self, content: bytes) -> None:
        """Say something; what is said after the debugger has hung up is lost."""
        with contextlib.suppress(OSError):
            self._writer.write(content)
            await self._writer.drain()

    async def close(self) -> None:
        """Hang up; another may call after that."""
        self._door.hung_up(self)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class DebugDoor:
    """One debugged command's way out: a socket that only this session sees. One caller at a time, many in turn."""

    def __init__(self, directory: Path, *, mounts: bool = True) -> None:
        """``directory`` is new and of this command alone. ``mounts`` says that guests see what they are shown where it
        is to be shown."""
        self._directory = directory
        self._mounts = mounts
        self._server: asyncio.Server | None = None
        self._waiting: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._arrived = asyncio.Event()
        self._line: DebugLine | None = None

    @property
    def shown(self) -> Shown:
        """To be mounted for the command: the socket, debugpy and its launcher."""
        programs = programs_shown(mounts=self._mounts)
        if not self._mounts:
            return programs
        return programs | Shown(read_only={_DOOR: self._place, _DEBUGPY: _debugpy()})

    def command(self, argv: Sequence[str], *, wait: bool = True) -> tuple[str, ...]:
        """The command that runs a Python program under the debugger: ``script.py …``, ``-m pytest …``, ``python …`` or
        the name of a script such as ``pytest``. ``wait``: it begins when somebody is connected and says so."""
        how = "wait" if wait else "go"
        if self._mounts:
            return (f"{HOME}/inside/bin/pilothouse-debug", f"{_DOOR}/{_SOCKET}", _DEBUGPY, how, *argv)
        launcher = str(INSIDE / "bin" / "pilothouse-debug")
        return (launcher, str(self._place / _SOCKET), str(_debugpy()), how, *argv)

    async def open(self) -> None:
        """Listen; before the command starts. Raises DebuggerMissing."""
        _debugpy()
        listening = await asyncio.to_thread(self._listen)
        self._server = await asyncio.start_unix_server(self._called, sock=listening, limit=CHUNK_BYTES)

    async def connect(self, timeout_s: float = 30.0) -> DebugLine:
        """A line to the debugger inside, as soon as it is there. Raises DebuggerAbsent, DebuggerBusy."""
        if self._line is not None:
            raise DebuggerBusy
        try:
            async with asyncio.timeout(timeout_s):
                while self._waiting is None or self._waiting[0].at_eof():
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            raise DebuggerAbsent(timeout_s=timeout_s) from None
        if self._line is not None:
            raise DebuggerBusy
        (reader, writer), self._waiting = self._waiting, None
        self._line = DebugLine(self, reader, writer)
        return self._line

    def hung_up(self, line: DebugLine) -> None:
        """Its line is free again."""
        if self._line is line:
            self._line = None

    async def close(self) -> None:
        """Hang up and remove the socket."""
        if self._line is not None:
            await self._line.close()
        if self._waiting is not None:
            self._waiting[1].close()
            self._waiting = None
        if self._server is not None:
            self._server.close()
            self._server = None
        await asyncio.to_thread(remove_tree, self._directory)

    @property
    def _place(self) -> Path:
        return self._directory / "door"

    def _listen(self) -> socket.socket:
        self._make_place()
        address = self._place / _SOCKET
        listening = socket.socket(socket.AF_UNIX)
        try:
            # The address of a socket has 107 bytes, however deep the data directory lies.
            place = os.open(self._place, os.O_RDONLY | os.O_DIRECTORY)
            try:
                is_short = len(os.fsencode(address)) <= MOST_ADDRESS_BYTES
                listening.bind(str(address) if is_short else f"/proc/self/fd/{place}/{_SOCKET}")
            finally:
                os.close(place)
            address.chmod(0o666)
        except BaseException:
            listening.close()
            raise
        return listening

    def _make_place(self) -> None:
        # Guests must come through to the socket; nobody else on this machine gets as far.
        self._directory.mkdir(parents=True, exist_ok=True)
        self._directory.chmod(0o700)
        self._place.mkdir(exist_ok=True)
        self._place.chmod(0o755)

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The launcher keeps one line; who calls more often than that has only the latest.
        if self._waiting is not None:
            self._waiting[1].close()
        self._waiting = (reader, writer)
        self._arrived.set()


def _debugpy() -> Path:
    found = importlib.util.find_spec("debugpy")
    if found is None or found.origin is None:
        raise DebuggerMissing
    return Path(found.origin).parent
