"""Commands run in a real sandbox, and what they said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path

from pilothouse.sandbox.log import OutputLog, Stream
from pilothouse.sandbox.model import Command, Ending, Level, Offer
from pilothouse.sandbox.probing import probe
from pilothouse.sandbox.sandbox import Running, Sandbox

HELP = "these tests need a real sandbox: apt install bubblewrap, and run as root or where user namespaces are allowed"


@cache
def offer() -> Offer:
    """What this machine offers; the tests of isolation fail, and are not skipped, where it is too little."""
    found = probe()
    assert found.level is Level.ISOLATED, f"{HELP}; {'; '.join(found.missing())}"
    return found


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    ending: Ending
    log: OutputLog

    def output(self, stream: Stream | None = None) -> str:
        return b"".join(frame.content for frame in self.log.read(0, 1 << 30, stream)).decode(errors="replace")


class Bench:
    """A sandbox with a workspace to run commands in."""

    def __init__(self, directory: Path, sandbox: Sandbox) -> None:
        self.directory, self.sandbox = directory, sandbox
        self.workspace = directory / "workspace"
        self.workspace.mkdir()
        self._logs = count()

    def command(self, *argv: str, **facts: object) -> Command:
        return replace(Command(argv=argv, workspace=self.workspace, timeout_s=60.0, stdin=False), **facts)  # type: ignore[arg-type]

    async def start(self, *argv: str, **facts: object) -> tuple[Running, OutputLog]:
        log = OutputLog.create(self.directory / f"log-{next(self._logs)}")
        return await self.sandbox.start(self.command(*argv, **facts), log), log

    async def run(self, *argv: str, **facts: object) -> Ran:
        running, log = await self.start(*argv, **facts)
        return Ran(await running.wait(), log)

    async def shell(self, script: str, **facts: object) -> Ran:
        return await self.run("sh", "-c", script, **facts)

    async def python(self, program: str, **facts: object) -> Ran:
        return await self.run("/usr/bin/python3", "-c", program, **facts)


@asynccontextmanager
async def bench(
    directory: Path, found: Offer | None = None, *, allow_unsandboxed: bool = False
) -> AsyncIterator[Bench]:
    """A sandbox that is closed at the end, whatever runs in it."""
    async with Sandbox(directory / "sandbox", found or offer(), allow_unsandboxed=allow_unsandboxed) as sandbox:
        yield Bench(directory, sandbox)
