"""Everything that was started ends, with its reason, and nothing survives."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pilothouse.sandbox.disk import size_of
from pilothouse.sandbox.log import OutputLog
from pilothouse.sandbox.model import Ending, Limits, TerminationReason
from pilothouse.sandbox.sandbox import Running
from tests.support.processes import eventually
from tests.support.sandboxes import bench, offer

pytestmark = pytest.mark.anyio

# Outlives its parent, its session and its terminal, and shrugs off everything that can be shrugged off.
DAEMON = """
import os, signal, sys, time
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
for _ in range(2):
    if os.fork(): os._exit(0)
    os.setsid()
print("daemon", flush=True)
time.sleep(1000)
"""


def fresh_mark() -> str:
    """A word by which the processes of one test are found among all of the machine."""
    return f"mark-{secrets.token_hex(8)}"


def living(mark: str) -> list[int]:
    """Processes of the machine whose command line contains a mark."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                if mark.encode() in (place / "cmdline").read_bytes():
                    found.append(int(place.name))
            except OSError:
                continue
    return found


async def said(log: OutputLog, words: str) -> None:
    async with asyncio.timeout(30):
        heard = b""
        async for frame in log.follow():
            heard += frame.content
            if words.encode() in heard:
                return


async def test_a_daemon_that_left_its_session_does_not_outlive_the_command(tmp_path: Path) -> None:
    mark = fresh_mark()
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.shell(f"/usr/bin/python3 -c '{DAEMON}' {mark} | (read line; echo $line)")

    assert ran.output() == "daemon\n"
    assert ran.ending.termination_reason is TerminationReason.EXIT
    assert living(mark) == []


async def test_cancelling_ends_the_whole_tree_daemons_included(tmp_path: Path) -> None:
    mark = fresh_mark()
    async with bench(tmp_path) as sandbox:
        command = f"trap '' TERM; /usr/bin/python3 -c '{DAEMON}' {mark} & while :; do sleep 1; done"
        running, log = await sandbox.start("sh", "-c", command, grace_s=0.2)
        await said(log, "daemon")
        assert living(mark)
        await running.cancel()
        ending = await running.wait()

    assert ending.termination_reason is TerminationReason.CANCELLED
    assert living(mark) == []


async def test_every_process_is_asked_before_it_is_killed(tmp_path: Path) -> None:
    child = "trap 'echo saved; exit' TERM; echo ready; while :; do sleep 0.05; done"
    async with bench(tmp_path) as sandbox:
        running, log = await sandbox.start(
            "sh", "-c", f'trap : TERM; setsid sh -c "{child}" & wait; wait', grace_s=20.0
        )
        await said(log, "ready")
        await running.cancel()

    assert b"saved" in b"".join(frame.content for frame in log.read())


async def test_a_killed_command_was_killed(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        running, log = await sandbox.start("sh", "-c", "echo up; sleep 1000")
        await said(log, "up")
        await running.signal(signal.SIGKILL)
        killed = await running.wait()
        running, log = await sandbox.start("sh", "-c", "echo up; sleep 1000")
        await said(log, "up")
        await running.signal(signal.SIGSTOP)
        await running.cancel()
        stopped = await running.wait()

    assert (killed.termination_reason, killed.signal) == (TerminationReason.SIGNAL, signal.SIGKILL)
    assert stopped.termination_reason is TerminationReason.CANCELLED


async def test_when_what_holds_it_is_killed_it_was_killed(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        running, log = await sandbox.start("sh", "-c", "echo up; sleep 1000")
        await said(log, "up")
        (inner,) = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
        os.kill(int(inner), signal.SIGKILL)
        ending = await running.wait()

    assert (ending.termination_reason, ending.signal) == (TerminationReason.SIGNAL, signal.SIGKILL)


async def test_time_that_is_up_ends_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        total, idle = await asyncio.gather(
            sandbox.shell("while :; do echo busy; sleep 0.1; done", timeout_s=1.0, idle_timeout_s=20.0),
            sandbox.shell("echo once; sleep 1000", timeout_s=60.0, idle_timeout_s=1.0),
        )

    assert total.ending.termination_reason is TerminationReason.TIMEOUT
    assert total.ending.wall_s >= 1.0
    assert idle.ending.termination_reason is TerminationReason.IDLE_TIMEOUT


async def test_whoever_keeps_talking_is_not_idle(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.shell("for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.5; done", idle_timeout_s=4.0)

    assert ran.ending.termination_reason is TerminationReason.EXIT


async def test_closing_the_sandbox_ends_what_runs_in_it(tmp_path: Path) -> None:
    mark = fresh_mark()
    async with bench(tmp_path) as sandbox:
        many = [await sandbox.start("sh", "-c", f": {mark}; sleep 1000", grace_s=0.2) for _ in range(5)]
    endings = [await running.wait() for running, _ in many]

    assert {one.termination_reason for one in endings} == {TerminationReason.CANCELLED}
    assert living(mark) == []


async def test_when_the_keeper_is_killed_commands_are_lost_and_dead(tmp_path: Path) -> None:
    mark = fresh_mark()
    async with bench(tmp_path) as sandbox:
        running, log = await sandbox.start("sh", "-c", f": {mark}; echo up; setsid sleep 1000 & sleep 1000")
        await said(log, "up")
        assert sandbox.sandbox._link is not None
        os.kill(sandbox.sandbox._link.pid, signal.SIGKILL)
        ending = await running.wait()
        after = await sandbox.shell("echo the next one runs")

    assert ending.termination_reason is TerminationReason.LOST
    assert after.output() == "the next one runs\n"
    eventually(lambda: not living(mark), what="the processes of the lost command to be gone")


SERVICE = """
import asyncio, sys
from pathlib import Path
from pilothouse.sandbox.probing import probe
from pilothouse.sandbox.sandbox import Sandbox
from pilothouse.sandbox.model import Command
from pilothouse.sandbox.log import OutputLog

async def main(directory, mark):
    sandbox = Sandbox(directory / "sandbox", probe())
    log = OutputLog.create(directory / "log")
    await sandbox.start(Command(("sh", "-c", f": {mark}; setsid sleep 1000 & echo up; sleep 1000"), directory), log)
    await asyncio.sleep(1000)

asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""


def test_kill_9_of_the_service_leaves_nothing_running_and_a_readable_log(tmp_path: Path) -> None:
    mark = fresh_mark()
    service = subprocess.Popen([sys.executable, "-c", SERVICE, str(tmp_path), mark])
    try:
        log = OutputLog.open(tmp_path / "log")
        eventually(lambda: (tmp_path / "log").exists() and log.read(), what="the command's first words")
        assert [pid for pid in living(mark) if pid != service.pid]
    finally:
        service.kill()
        service.wait()

    eventually(lambda: not living(mark), what="the service's commands to be gone")
    assert [frame.content for frame in log.read()] == [b"up\n"]
    log.close(Ending(TerminationReason.LOST))
    assert OutputLog.open(tmp_path / "log").status().ending == Ending(TerminationReason.LOST)


async def test_a_fork_bomb_ends_at_its_limit(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.run(
            "bash", "-c", "bomb() { bomb | bomb & }; bomb; wait; sleep 1000", limits=Limits(pids=40)
        )
        after = await sandbox.shell("echo still here", limits=Limits(pids=40))

    assert ran.ending.termination_reason is TerminationReason.PIDS
    assert after.output() == "still here\n"


async def test_a_memory_hog_ends_at_its_limit(tmp_path: Path) -> None:
    hog = "kept = []\nwhile True: kept.append(bytearray(b'x' * 4_000_000))"
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.python(hog, limits=Limits(memory_mb=96))

    assert ran.ending.termination_reason is TerminationReason.OOM
    assert ran.ending.peak_memory_bytes
    if offer().works("memory limit"):
        assert ran.ending.peak_memory_bytes <= 97 * 1024 * 1024


async def test_memory_that_is_taken_as_a_file_counts_too(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.shell("head -c 400M /dev/zero > /dev/shm/hog || echo full", limits=Limits(memory_mb=96))

    assert "No space left" in ran.output() or ran.ending.termination_reason is TerminationReason.OOM


@pytest.mark.parametrize(
    "filler",
    [
        "head -c 900M /dev/zero > one; sleep 1000",
        "i=0; while :; do i=$((i+1)); head -c 1M /dev/zero > part-$i; done",
        "/usr/bin/python3 -c 'n = 0\nwhile True:\n  n += 1\n  open(str(n), \"w\").close()'",
    ],
    ids=["one file", "many files", "empty files"],
)
async def test_a_disk_filler_ends_at_its_limit(tmp_path: Path, filler: str) -> None:
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.shell(filler, limits=Limits(disk_mb=20))

    assert ran.ending.termination_reason is TerminationReason.DISK


async def test_a_share_of_the_processor_is_kept_to(tmp_path: Path) -> None:
    spin = "import time\nuntil = time.monotonic() + 2\nwhile time.monotonic() < until: pass"
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.python(spin, limits=Limits(cpu=0.2))

    assert ran.ending.cpu_s is not None
    assert not offer().works("cpu limit") or ran.ending.cpu_s < 0.5 * ran.ending.wall_s


async def test_a_disk_filler_that_ignores_its_end_gets_no_grace_to_go_on(tmp_path: Path) -> None:
    script = "trap '' TERM; n=0; while :; do n=$((n+1)); head -c 4M /dev/zero > f$n; done"
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.shell(script, limits=Limits(disk_mb=20))
        left = size_of(sandbox.workspace, 1 << 40)

    assert ran.ending.termination_reason is TerminationReason.DISK
    # Two seconds of grace are gigabytes, on a slow disk hundreds of megabytes.
    assert left < 200 << 20


async def test_a_flood_of_output_is_kept_at_both_ends_and_does_not_fill_the_disk(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.shell("echo first; head -c 300M /dev/zero; echo; echo last")

    stored = sum(path.stat().st_size for path in ran.log._directory.iterdir())
    status = ran.log.status()
    assert status.size_bytes == 300 * 1024 * 1024 + len("first\n\nlast\n")
    assert stored < 70 * 1024 * 1024
    assert status.dropped is not None
    assert ran.log.head(1).lines[0].content == b"first"
    assert ran.log.tail(1).lines[0].content == b"last"


async def test_a_start_that_nobody_waits_for_any_more_leaves_nothing(tmp_path: Path) -> None:
    mark = fresh_mark()
    async with bench(tmp_path) as sandbox:
        await sandbox.shell("true")
        starting = [asyncio.create_task(sandbox.start("sh", "-c", f": {mark}; sleep 1000")) for _ in range(5)]
        for turns, one in enumerate(starting):
            for _ in range(turns):
                await asyncio.sleep(0)
            one.cancel()
        for started in await asyncio.gather(*starting, return_exceptions=True):
            if isinstance(started, tuple):
                await started[0].cancel()
        async with asyncio.timeout(30):
            while living(mark):
                await asyncio.sleep(0.02)


async def test_signals_and_cancels_that_race_with_the_end_do_no_harm(tmp_path: Path) -> None:
    async def one(running: Running) -> TerminationReason:
        await asyncio.gather(running.cancel(), running.cancel(TerminationReason.TIMEOUT), return_exceptions=True)
        return (await running.wait()).termination_reason

    async with bench(tmp_path) as sandbox:
        started = [await sandbox.start("true") for _ in range(20)]
        reasons = await asyncio.gather(*(one(running) for running, _ in started))

    assert set(reasons) <= {TerminationReason.EXIT, TerminationReason.CANCELLED, TerminationReason.TIMEOUT}
