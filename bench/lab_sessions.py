"""What a debug session of a repository with 1,500 files costs: its workspace here; from asking to the first byte in
`bench/lab.py`, beside a peer.

Run: python -m bench.lab_sessions
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.report import Report, explain
from pilothouse.client import HubClient
from pilothouse.client.lab import Lab, Output
from pilothouse.kit.clock import SystemClock
from pilothouse.wire.lab import NewLabCommand, NewLabRepository, NewLabSession
from pilothouse.workspaces import Repositories, Repository, Warmth, Workspaces
from pilothouse.workspaces.overlay import keep_mounts_to_ourselves
from tests.support.processes import pilothouse
from tests.support.repositories import Upstream, git

FILES, ROUNDS, COLD_ROUNDS = 1_500, 20, 5
MANY = 100
TOKEN = "a-local-token-of-at-least-fifty-characters-for-a-benchmark"


def generated(place: Path) -> tuple[Upstream, list[str]]:
    """A repository of 1,500 files, and eleven commits of it."""
    upstream = Upstream(place)
    files = {f"package{number % 60}/module{number}.py": f"VALUE = {number}\n" * 60 for number in range(FILES)}
    commits = [upstream.commit(files)]
    commits += [upstream.commit({f"package{number}/module{number}.py": f"VALUE = -{number}\n"}) for number in range(10)]
    return upstream, commits


async def workspaces(place: Path, upstream: Upstream, commits: Sequence[str], report: Report) -> None:
    """Acquire and release, beside what git itself takes for the same."""
    repositories = Repositories(place / "mirrors", clock=SystemClock(), protocols=("file",))
    repository = Repository("bench", upstream.url)
    await repositories.resolve(repository, commits[-1])
    mirror = repositories.mirror(repository)
    cloning = [_cloned(mirror, place / f"peer-{number}", commits[0]) for number in range(COLD_ROUNDS)]
    for layered in (True, False):
        kind = "overlay" if layered else "own checkout"
        cold: list[float] = []
        warm: list[float] = []
        moved: list[float] = []
        released: list[float] = []
        for number in range(COLD_ROUNDS):
            made = Workspaces(place / f"{kind}-{number}", repositories, clock=SystemClock(), layered=layered)
            await made.start()
            for commit, kept, rounds in ((commits[0], cold, 1), (commits[0], warm, 4), (commits[-1], moved, 1)):
                for _ in range(rounds):
                    workspace = await made.acquire(repository, commit)
                    assert workspace.warmth is not Warmth.COLD or kept is cold
                    (workspace.path / "new").write_text("x")
                    kept.append(workspace.timings.total_s)
                    began = time.perf_counter()
                    await made.release(workspace)
                    released.append(time.perf_counter() - began)
            await made.close()
        report.row(f"workspace, cold, {kind}, p50", ms(cold), ms(cloning), "ms")
        report.row(f"workspace, moved ten commits, {kind}, p50", ms(moved), None, "ms")
        report.row(f"workspace, warm, {kind}, p50", ms(warm), None, "ms")
        report.row(f"release, {kind}, p50", ms(released), None, "ms")


def _cloned(mirror: Path, target: Path, commit: str) -> float:
    began = time.perf_counter()
    git(mirror, "clone", "--quiet", "--shared", "--no-checkout", str(mirror), str(target))
    git(target, "checkout", "--quiet", "--detach", commit)
    took = time.perf_counter() - began
    shutil.rmtree(target)
    return took


def sessions(place: Path, upstream: Upstream, commits: Sequence[str], report: Report, peer_ms: float | None) -> None:
    """From asking a hub for a session with a command until its first byte is here."""
    settings = {"LOCAL_AUTH_TOKEN": TOKEN, "PILOTHOUSE_LAB_GIT_PROTOCOLS": "file"}
    with (
        pilothouse("hub", "--data", place / "hub", "--host", "127.0.0.1", "--port", "0", env=settings) as hub,
        HubClient(hub.url, token=TOKEN) as client,
    ):
        for number in range(COLD_ROUNDS):
            name = f"bench-{number}"
            copy = place / f"copy-{number}"
            subprocess.run(["git", "clone", "--quiet", upstream.url, copy], check=True)
            client.lab.add_repository(NewLabRepository(name=name, remote_url=f"file://{copy}", setup="none"))
        cold = [_first_byte(client.lab, f"bench-{number}", commits[0]) for number in range(COLD_ROUNDS)]
        warm = [_first_byte(client.lab, "bench-0", commits[0]) for _ in range(ROUNDS)]
        begins, ends = _many(client.lab, "bench-0", commits[0])
    report.row("create -> first byte, cold (mirror and checkout made), p50", ms(cold), None, "ms")
    p50 = ms(warm)
    report.row("create -> first byte, warm, p50", p50, peer_ms, "ms", "< 150 ms", kept=p50 < 150)
    report.row("create -> first byte, warm, p95", ms(warm, 0.95), None, "ms")
    report.row(
        f"{MANY} sessions asked for at once, four run at a time: one was asked for in, p50", ms(begins), None, "ms"
    )
    report.row(f"{MANY} sessions, all over after", ends, None, "s")


def _many(lab: Lab, name: str, commit: str) -> tuple[list[float], float]:
    """How long each of many took to be accepted, and all of them until the last was over."""
    new = NewLabSession(
        repository=name, commit_sha=commit, commands=[NewLabCommand(argv=["true"])], end_when_done=True, labels=["many"]
    )
    took: list[float] = []
    began = time.perf_counter()
    for _ in range(MANY):
        asked = time.perf_counter()
        lab.create(new)
        took.append(time.perf_counter() - asked)
    while lab.sessions(label="many").total:
        time.sleep(0.05)
    return took, time.perf_counter() - began


def _first_byte(lab: Lab, name: str, commit: str) -> float:
    new = NewLabSession(
        repository=name, commit_sha=commit, commands=[NewLabCommand(argv=["echo", "hello"])], end_when_done=True
    )
    began = time.perf_counter()
    made = lab.create(new)
    took = 0.0
    for one in lab.follow(made.id):
        if isinstance(one, Output) and not took:
            took = time.perf_counter() - began
    assert took, lab.session(made.id)
    return took


def ms(seconds: Sequence[float], share: float = 0.5) -> float:
    return (statistics.median(seconds) if share == 0.5 else sorted(seconds)[int(len(seconds) * share)]) * 1e3


def main() -> None:
    keep_mounts_to_ourselves()
    report = Report(f"Debug sessions of a repository with {FILES} files (peer: git clone --shared and checkout)")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        upstream, commits = generated(place / "upstream")
        asyncio.run(workspaces(place, upstream, commits, report))
    report.print()


if __name__ == "__main__":
    explain(__doc__)
    main()
