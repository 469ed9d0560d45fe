"""What a sandboxed command costs beside a direct one, how fast its output is kept, and how soon a session of a hub says
its first byte, beside SWE-ReX in the same run.

Run: python -m bench.lab
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.lab_sessions import FILES, generated, sessions
from bench.report import Report, explain
from pilothouse.sandbox.log import OutputLog, Stream
from pilothouse.sandbox.model import Command, Ending, Limits, TerminationReason
from pilothouse.sandbox.probing import probe
from pilothouse.sandbox.sandbox import Sandbox

PEER = Path(__file__).resolve().parent.parent / ".venv" / "peer-lab" / "bin" / "python"
ROUNDS, AT_ONCE = 40, 100
PEER_LINES, LINES = 400_000, 4_000_000
LINE = b"a line of forty characters, as logs have\n"
# Between one command and the next; without a pause the keeper has no child ready.
PAUSE_S = 0.1
LIMITS = Limits(cpu=1.0, memory_mb=512, pids=64)


def peer() -> dict[str, Any] | None:
    """What SWE-ReX took, or None where it is not installed."""
    if not (PEER.parent / "swerex-remote").exists():
        print("SWE-ReX is not installed: make .venv/peer-lab/made.stamp")
        return None
    script = Path(__file__).with_name("lab_peer.py")
    ran = subprocess.run([PEER, script, str(ROUNDS), str(PEER_LINES)], stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def direct_s() -> float:
    started = time.perf_counter()
    os.waitpid(os.posix_spawn("/usr/bin/true", ["true"], {}), 0)
    return time.perf_counter() - started


class Place:
    """A sandbox with a workspace."""

    def __init__(self, directory: Path, sandbox: Sandbox) -> None:
        self.directory, self.sandbox, self.made = directory, sandbox, 0
        self.workspace = directory / "workspace"
        self.workspace.mkdir()

    async def run(self, *argv: str, limits: Limits = LIMITS) -> tuple[float, OutputLog]:
        """Seconds from asking for a command until nothing of it is left."""
        self.made += 1
        log = OutputLog.create(self.directory / f"log-{self.made}")
        started = time.perf_counter()
        running = await self.sandbox.start(Command(argv, self.workspace, limits=limits, stdin=False), log)
        ending = await running.wait()
        took = time.perf_counter() - started
        assert ending.exit_code == 0, ending
        return took, log


async def starts(place: Place, report: Report, peer_s: float | None) -> None:
    """One command after another, each beside a direct one; then many at once."""
    direct, sandboxed = [], []
    for _ in range(ROUNDS):
        direct.append(direct_s())
        sandboxed.append((await place.run("true"))[0])
        await asyncio.sleep(PAUSE_S)
    hurried = [(await place.run("true"))[0] for _ in range(ROUNDS)]
    report.row("true, directly, p50", ms(direct), None, "ms")
    report.row("true, sandboxed with every limit, p50", ms(sandboxed), peer_s and peer_s * 1e3, "ms")
    report.row("true, sandboxed, p95", ms(sandboxed, 0.95), None, "ms")
    over = ms(sandboxed) - ms(direct)
    report.row("overhead of the sandbox, p50", over, None, "ms", "< 15 ms", kept=over < 15)
    report.row("true, sandboxed, one after another without a pause", ms(hurried), None, "ms")
    started = time.perf_counter()
    await asyncio.gather(*(place.run("true") for _ in range(AT_ONCE)))
    report.row(f"{AT_ONCE} commands at once, all of them", (time.perf_counter() - started) * 1e3, None, "ms")


async def output(place: Place, report: Report, peer_rate: float | None) -> None:
    """A command that writes as fast as it can, and what can be asked of its log afterwards."""
    text = LINE.decode().strip()
    took, log = await place.run("sh", "-c", f"yes '{text}' | head -n {LINES}", limits=Limits())
    assert log.status().size_bytes == LINES * len(LINE)
    report.row(
        "output of a command into its log, lines",
        LINES / took,
        peer_rate,
        "1/s",
        ">= 400,000/s",
        kept=LINES / took >= 4e5,
    )
    for name, ask in (
        ("last 100 lines of that log", lambda: log.tail(100)),
        ("first 100 lines", lambda: log.head(100)),
        ("a search through all that is kept (64 MiB)", lambda: log.grep(b"not there")),
    ):
        started = time.perf_counter()
        ask()
        report.row(name, (time.perf_counter() - started) * 1e3, None, "ms")


def appending(directory: Path, report: Report) -> None:
    """The log alone, in the pieces a busy pipe gives; with and without something to hide."""
    piece = LINE * (65536 // len(LINE))
    for name, secrets in (
        ("append to a log, lines", ()),
        ("append with 3 secrets to hide, lines", ("s3cret-" * 4,) * 3),
    ):
        log = OutputLog.create(
            directory / f"append-{len(secrets)}", secrets=[f"{one}{at}" for at, one in enumerate(secrets)]
        )
        started = time.perf_counter()
        for _ in range(1000):
            log.append(Stream.STDOUT, piece)
        took = time.perf_counter() - started
        log.close(Ending(TerminationReason.EXIT, 0))
        report.row(name, 1000 * piece.count(b"\n") / took, None, "1/s")


def ms(seconds: Sequence[float], share: float = 0.5) -> float:
    return (statistics.median(seconds) if share == 0.5 else sorted(seconds)[int(len(seconds) * share)]) * 1e3


async def commands(report: Report, beside: dict[str, Any] | None) -> None:
    with tempfile.TemporaryDirectory() as name:
        async with Sandbox(Path(name) / "sandbox", probe()) as sandbox:
            place = Place(Path(name), sandbox)
            await starts(place, report, beside and statistics.median(beside["once_s"]))
            await output(place, report, beside and beside["lines_per_s"])
        appending(Path(name), report)


def main() -> None:
    beside = peer()
    report = Report(f"Commands and sessions ({FILES:,} files), beside SWE-ReX 1.4 (its server here, no isolation)")
    asyncio.run(commands(report, beside))
    with tempfile.TemporaryDirectory() as name:
        upstream, commits = generated(Path(name) / "upstream")
        sessions(Path(name), upstream, commits, report, None if beside is None else ms(beside["first_s"]))
    report.print()


if __name__ == "__main__":
    explain(__doc__)
    main()
