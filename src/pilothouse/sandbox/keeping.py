"""The service's end of the keeper: start it, order, hear what it reports."""

from __future__ import annotations

import array
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from pilothouse.sandbox.keeper import kernel
from pilothouse.sandbox.keeper.order import Abilities
from pilothouse.sandbox.problems import KeeperGone

_MESSAGE_BYTES = 65536
_EXIT_WITHIN_S = 10.0
_SOURCE = str(Path(__file__).resolve().parents[2])
# No site-packages, no user's files, no environment: the keeper is what is written here and the standard library.
_PROGRAM = "import sys; sys.path.insert(0, {source!r}); from pilothouse.sandbox.keeper.{module} import main; main()"


class Commanded(Protocol):
    """What the link tells about: a running command."""

    def heard(self, event: str, facts: dict[str, Any], listener: socket.socket | None) -> None: ...

    def lost(self) -> None: ...

    async def cancel(self) -> None: ...


def keeper_command(module: str, *arguments: str) -> list[str]:
    """The command line of a program of the keeper's package."""
    return [sys.executable, "-I", "-S", "-c", _PROGRAM.format(source=_SOURCE, module=module), *arguments]


class KeeperLink:
    """A keeper process and the socket to it. Belongs to one event loop."""

    def __init__(self, abilities: Abilities) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                keeper_command("loop", str(theirs.fileno()), abilities.to_json()),
                pass_fds=(theirs.fileno(),),
                env={},
                stdin=subprocess.DEVNULL,
                cwd="/",
            )
        ours.setblocking(False)
        self._socket = ours
        self._commands: dict[int, Commanded] = {}
        self._next = 0
        self.gone = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(ours, self._hear)

    @property
    def pid(self) -> int:
        return self._process.pid

    def commands(self) -> list[Commanded]:
        """Those that have not ended."""
        return list(self._commands.values())

    async def start(self, command: Commanded, descriptors: Sequence[int]) -> int:
        """Order it; what becomes of it is told to the command."""
        self._next += 1
        self._commands[self._next] = command
        await self._send({"do": "start", "id": self._next}, descriptors)
        return self._next

    async def end(self, number: int, reason: str, grace_s: float) -> None:
        """Ask for the end of a command; nothing happens when it has ended."""
        if number in self._commands:
            await self._send({"do": "end", "id": number, "reason": reason, "grace_s": grace_s})

    async def signal(self, number: int, signal_number: int, group: int | None) -> None:
        if number in self._commands:
            await self._send({"do": "signal", "id": number, "number": signal_number, "group": group})

    async def close(self) -> None:
        """The keeper kills what is left and exits when its socket closes."""
        if not self.gone:
            self._hang_up()
        try:
            await asyncio.wait_for(asyncio.to_thread(self._process.wait, _EXIT_WITHIN_S), _EXIT_WITHIN_S + 1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    async def _send(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        content = json.dumps(message).encode()
        extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        while not self.gone:
            try:
                self._socket.sendmsg([content], extra)
            except BlockingIOError:
                await asyncio.sleep(0.001)  # the keeper takes orders far faster than they come
            except OSError:
                break
            else:
                return
        raise KeeperGone

    def _hear(self) -> None:
        try:
            message, descriptors = kernel.receive(self._socket, _MESSAGE_BYTES, 1)
        except BlockingIOError:
            return
        except OSError:
            message, descriptors = b"", []
        if not message:
            self._hang_up()
            return
        facts: dict[str, Any] = json.loads(message)
        command = self._commands.get(int(facts["id"]))
        event = str(facts["event"])
        if event == "ended":
            self._commands.pop(int(facts["id"]), None)
        if command is None:
            for one in descriptors:
                os.close(one)
            return
        command.heard(event, facts, socket.socket(fileno=descriptors[0]) if descriptors else None)

    def _hang_up(self) -> None:
        self.gone = True
        self._loop.remove_reader(self._socket)
        self._socket.close()
        commands, self._commands = self._commands, {}
        for command in commands.values():
            with contextlib.suppress(Exception):
                command.lost()
