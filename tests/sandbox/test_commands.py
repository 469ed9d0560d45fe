"""What a command sees and how its end is told."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path

import pytest

from pilothouse.sandbox.log import OutputLog, Stream
from pilothouse.sandbox.model import Command, Mount, TerminationReason
from pilothouse.sandbox.problems import BadCommand, CommandEnded
from tests.support.sandboxes import bench

pytestmark = pytest.mark.anyio


async def test_a_command_ends_with_its_code_and_what_it_used(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.shell("echo out; echo err >&2; exit 3")

    assert (ran.ending.termination_reason, ran.ending.exit_code) == (TerminationReason.EXIT, 3)
    assert (ran.output(Stream.STDOUT), ran.output(Stream.STDERR)) == ("out\n", "err\n")
    assert ran.ending.wall_s > 0
    assert ran.ending.cpu_s
    assert ran.ending.peak_memory_bytes
    assert ran.log.status().ending == ran.ending


async def test_a_signal_is_told_as_a_shell_would(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.shell("kill -SEGV $$")

    assert (ran.ending.termination_reason, ran.ending.signal) == (TerminationReason.SIGNAL, signal.SIGSEGV)
    assert ran.ending.exit_code == 128 + signal.SIGSEGV


async def test_files_made_inside_belong_outside_to_the_owner_of_the_workspace(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        for owner in ((0, 0), (1_899_999_999, 1_899_999_999)) if os.geteuid() == 0 else ((os.geteuid(), os.getegid()),):
            os.chown(sandbox.workspace, *owner)
            name = f"made-by-{owner[0]}"
            ran = await sandbox.shell(f"mkdir -p d && echo hello > d/{name} && stat -c %u d/{name}")

            assert ran.output() == "1000\n"
            made = (sandbox.workspace / "d" / name).stat()
            assert (made.st_uid, made.st_gid) == owner
            shutil.rmtree(sandbox.workspace / "d")


async def test_only_the_variables_asked_for_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILOTHOUSE_TOKEN", "of-the-server")
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.run(
            "env", environment={"SPEED": "2", "PATH": "/usr/bin"}, secrets={"KEY": "hunter2-hunter2"}
        )

    given = dict(line.split("=", 1) for line in ran.output().splitlines())
    assert given == {
        "SPEED": "2", "PATH": "/usr/bin", "KEY": "***", "HOME": "/home/pilot", "USER": "pilot", "LANG": "C.UTF-8",
        "PWD": "/workspace",
    }  # fmt: skip


async def test_a_mount_is_seen_where_it_was_asked_for_and_read_only_unless_said_otherwise(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "flight.mcap").write_bytes(b"mcap")
    (tmp_path / "recordings" / "flight.mcap").chmod(0o600)
    (tmp_path / "cache").mkdir()
    mounts = (
        Mount(tmp_path / "recordings", "/recordings"),
        Mount(tmp_path / "cache", f"{tmp_path}/cache", writable=True),
        Mount(tmp_path / "recordings" / "flight.mcap", "/one/file"),
    )
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.shell(
            f"cat /recordings/flight.mcap /one/file; echo x > {tmp_path}/cache/kept; echo x > /recordings/new",
            mounts=mounts,
        )

    assert ran.output(Stream.STDOUT) == "mcapmcap"
    assert "Read-only file system" in ran.output(Stream.STDERR)
    assert (tmp_path / "cache" / "kept").read_text() == "x\n"


async def test_what_is_not_text_arrives_byte_by_byte(tmp_path: Path) -> None:
    every = bytes(range(256)) * 4096
    async with bench(tmp_path) as sandbox:
        (sandbox.workspace / "bytes").write_bytes(every)
        ran = await sandbox.run("cat", "bytes")
        long = await sandbox.python("import sys; sys.stdout.write('x' * 2_000_000 + '\\n')")

    assert b"".join(frame.content for frame in ran.log.read(0, 1 << 30)) == every
    assert len(b"".join(frame.content for frame in long.log.read(0, 1 << 30))) == 2_000_001
    assert long.log.tail(1).lines[0].truncated


async def test_standard_input_reaches_it_and_ends(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        running, log = await sandbox.start("sh", "-c", "cat; echo over", stdin=True)
        await running.send(b"x" * 3_000_000)
        await running.close_stdin()
        ending = await running.wait()
        with pytest.raises(CommandEnded):
            await running.send(b"late")

    assert ending.exit_code == 0
    assert log.status().size_bytes == 3_000_000 + len("over\n")


async def test_a_command_that_does_not_read_does_not_hold_up_whoever_cancels_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        running, _ = await sandbox.start("sleep", "1000", stdin=True)
        writing = asyncio.create_task(running.send(b"x" * 10_000_000))
        await running.cancel()

        with pytest.raises(CommandEnded):
            await writing


async def test_a_signal_reaches_the_whole_foreground_group(tmp_path: Path) -> None:
    script = (
        "trap 'echo shell' INT; (trap 'echo child; exit' INT; echo ready; while :; do sleep 0.05; done); echo after"
    )
    async with bench(tmp_path) as sandbox:
        running, log = await sandbox.start("bash", "-c", script)
        async for _ in log.follow():
            break
        await running.signal(signal.SIGINT)
        ending = await running.wait()

    said = b"".join(frame.content for frame in log.read()).decode()
    assert ending.exit_code == 0
    assert said.splitlines() == ["ready", "child", "shell", "after"]


async def test_a_terminal_has_a_size_a_foreground_group_and_control_characters(tmp_path: Path) -> None:
    script = """
    trap 'stty size; exit 4' INT
    stty size; tty > /dev/null && echo is-a-tty
    while :; do sleep 0.05; done
    """
    async with bench(tmp_path) as sandbox:
        running, log = await sandbox.start("sh", "-c", script, terminal=(30, 90))
        await _said(log, "is-a-tty\r\n")
        await running.resize(40, 100)
        await running.send(b"\x03")
        ending = await running.wait()

    said = b"".join(frame.content for frame in log.read()).decode()
    assert ending.exit_code == 4
    assert said.splitlines() == ["30 90", "is-a-tty", "^C40 100"]


async def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    def command(**facts: object) -> Command:
        return Command(**{"argv": ("true",), "workspace": tmp_path, **facts})  # type: ignore[arg-type]

    wrong = [
        command(argv=()),
        command(argv=("a\0b",)),
        command(cwd="elsewhere"),
        command(environment={"A=B": "c"}),
        command(workspace=tmp_path / "absent"),
        command(mounts=(Mount(tmp_path, "/etc/ssh"),)),
        command(mounts=(Mount(tmp_path, "/workspace/../etc"),)),
        command(mounts=(Mount(tmp_path / "absent", "/recordings"),)),
    ]
    async with bench(tmp_path) as sandbox:
        for one in wrong:
            with pytest.raises(BadCommand):
                await sandbox.sandbox.start(one, OutputLog.create(tmp_path / "log"))


async def test_a_program_that_is_not_there_is_told_in_its_output(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.run("no-such-program")

    assert ran.ending.exit_code == 127
    assert "no-such-program" in ran.output()


async def test_a_directory_that_is_not_there_fails_the_setup(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.run("true", cwd="/workspace/absent")

    assert ran.ending.termination_reason is TerminationReason.SETUP_FAILED
    assert "/workspace/absent" in ran.ending.detail


async def _said(log: OutputLog, words: str) -> None:
    async with asyncio.timeout(30):
        said = b""
        async for frame in log.follow():
            said += frame.content
            if words.encode() in said:
                return
