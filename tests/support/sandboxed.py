"""Commands in the real sandbox of this machine, in a workspace, as the lab runs them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pilothouse.kit.clock import SystemClock
from pilothouse.sandbox.log import OutputLog
from pilothouse.sandbox.model import Command, Ending, Level, Mount, Offer
from pilothouse.sandbox.probing import probe
from pilothouse.sandbox.sandbox import Running, Sandbox
from pilothouse.workspaces import Ran, Shown, Workspace


@dataclass(frozen=True)
class Started:
    running: Running
    log: OutputLog

    async def ended(self) -> tuple[Ending, str]:
        """How it ended, and all it wrote."""
        ending = await self.running.wait()
        return ending, self.output()

    def output(self) -> str:
        return b"\n".join(line.content for line in self.log.tail(10_000).lines).decode(errors="replace")


class Sandboxed:
    """Starts commands of one test."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self._sandbox = sandbox
        self._directory = directory
        self._started = 0

    @property
    def offer(self) -> Offer:
        return self._sandbox.offer

    async def start(
        self, argv: Sequence[str], tree: Path, shown: Shown, variables: Mapping[str, str] | None = None
    ) -> Started:
        self._started += 1
        log = OutputLog.create(self._directory / f"log-{self._started}", SystemClock())
        path = ":".join([*shown.path, "/usr/local/bin:/usr/bin:/bin"])
        command = Command(
            argv=tuple(argv),
            workspace=tree,
            environment={**shown.variables, "PATH": path, **(variables or {})},
            mounts=tuple(Mount(source, target) for target, source in shown.read_only.items()),
            timeout_s=90,
        )
        return Started(await self._sandbox.start(command, log), log)

    async def run(self, argv: Sequence[str], tree: Path, shown: Shown) -> tuple[Ending, str]:
        return await (await self.start(argv, tree, shown)).ended()

    async def set_up(self, argv: Sequence[str], workspace: Workspace, shown: Shown, timeout_s: float) -> Ran:
        ending, output = await self.run(argv, workspace.path, shown)
        return Ran(ending.exit_code == 0, f"{ending.termination_reason} {ending.exit_code}", output[-2_000:])


@asynccontextmanager
async def sandboxed(directory: Path) -> AsyncIterator[Sandboxed]:
    """The sandbox of this machine; a machine without one fails the test, with what helps."""
    offer = probe()
    assert offer.level is Level.ISOLATED, "; ".join(offer.missing())
    async with Sandbox(directory / "sandbox", offer) as sandbox:
        yield Sandboxed(sandbox, directory)
