"""Machines that offer less: without root, without bubblewrap, without control groups."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import pilothouse
from pilothouse.sandbox.keeper import seccomp
from pilothouse.sandbox.keeper.identities import GUEST_ID
from pilothouse.sandbox.log import Stream
from pilothouse.sandbox.model import Level, Limits, Mechanism, Mount, Network, NetworkMode, Offer, TerminationReason
from pilothouse.sandbox.problems import NetworkModeNotOffered, SandboxTooWeak
from pilothouse.sandbox.sandbox import Sandbox
from tests.support.sandboxes import bench, offer

NOBODY = 65534


def let_others_in(directory: Path) -> None:
    """A command is another user, who must be able to come from the directory for temporary files to its own."""
    for one in (directory, *directory.parents):
        if one == Path(tempfile.gettempdir()):
            return
        one.chmod(0o755)


SCENARIO = """
import asyncio, json, random, sys, os, subprocess
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from pilothouse.sandbox.log import OutputLog
from pilothouse.sandbox.model import *
from pilothouse.sandbox.probing import probe
from pilothouse.sandbox.sandbox import Sandbox

async def hello(reader, writer):
    writer.write(b"HTTP/1.0 200 OK\\r\\n\\r\\nhello")
    writer.close()

naptime = f"{random.uniform(1000, 9000):.6f}"

async def main(base):
    offer = probe()
    found = {"level": offer.level, "own uid": offer.works("own uid"), "network": offer.network}
    workspace = base / "workspace"
    workspace.mkdir()
    (base / "shown").mkdir()
    (base / "shown" / "one").write_text("seen ")
    async with Sandbox(base / "sandbox", offer) as sandbox:
        async def ran(name, *argv, **facts):
            log = OutputLog.create(base / "logs" / name)
            running = await sandbox.start(Command(argv, workspace, stdin=False, timeout_s=40.0, **facts), log)
            ending = await running.wait()
            said = b"".join(frame.content for frame in log.read()).decode(errors="replace")
            found[name] = [ending.termination_reason, ending.exit_code, said]
        await ran("plain", "sh", "-c", "id -u; touch made; grep -c 'CapEff:.0000000000000000' /proc/self/status")
        shown = Mount(base / "shown", "/recordings")
        await ran("shown", "sh", "-c", "cat /recordings/one; echo x > /recordings/two || echo refused", mounts=(shown,))
        found["owner"] = (workspace / "made").stat().st_uid
        bomb = "bomb() { bomb | bomb & }; bomb; wait; sleep 1000"
        await ran("bomb", "bash", "-c", bomb, limits=Limits(pids=30))
        hog = "import time; kept=[]\\nwhile True: kept.append(bytearray(b'x' * 1_000_000)); time.sleep(0.005)"
        await ran("hog", "python3", "-c", hog, limits=Limits(memory_mb=64))
        await ran("daemon", "sh", "-c", "setsid sleep " + naptime + " & exit 0")
        server = await asyncio.start_server(hello, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        allowed = Network(NetworkMode.ALLOWLIST, (f"127.0.0.1:{port}",))
        await ran("named", "curl", "-s", f"http://127.0.0.1:{port}/", network=allowed)
        await ran("alone", "curl", "-s", f"http://127.0.0.1:{port}/")
    found["left"] = subprocess.run(["pgrep", "-f", "sleep " + naptime], capture_output=True).stdout.decode()
    print(json.dumps(found))

asyncio.run(main(Path(sys.argv[2])))
"""


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that anybody may read, with our sources in it and a place for nobody to write to."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        source = Path(pilothouse.__file__).parent
        for part in ("kit", "sandbox"):
            shutil.copytree(
                source / part, place / "source" / "pilothouse" / part, ignore=shutil.ignore_patterns("*.pyc")
            )
        shutil.copy(source / "__init__.py", place / "source" / "pilothouse")
        (place / "base").mkdir()
        os.chown(place / "base", NOBODY, NOBODY)
        yield place


def somebodys_python() -> str:
    """An interpreter that a user without rights can start; the tests' own may live in root's home."""
    recent = "import sys; sys.exit(sys.version_info < (3, 11))"
    for one in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        with contextlib.suppress(OSError):
            if subprocess.run([one, "-c", recent], user=NOBODY, env={}, check=False, cwd="/").returncode == 0:
                return one
    raise AssertionError("no Python 3.11 that a user without rights can start: apt install python3")


@pytest.mark.skipif(os.geteuid() != 0, reason="everything else here already runs without root")
def test_without_root_commands_are_kept_apart_too(public: Path) -> None:
    scenario = public / "scenario.py"
    scenario.write_text(SCENARIO)
    ran = subprocess.run(
        [somebodys_python(), scenario, public / "source", public / "base"],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    found = json.loads(ran.stdout)

    assert (found["level"], found["own uid"], found["network"]) == ("isolated", False, ["none", "allowlist", "full"])
    assert found["plain"] == ["exit", 0, "1000\n1\n"]
    assert "seen " in found["shown"][2]
    assert "refused\n" in found["shown"][2]
    assert found["owner"] == NOBODY
    assert found["bomb"][0] == "pids"
    assert found["hog"][0] == "oom"
    assert found["daemon"][:2] == ["exit", 0]
    assert found["left"] == ""
    assert found["named"] == ["exit", 0, "hello"]
    assert found["alone"][1] != 0


def test_a_sandbox_that_is_none_is_refused_unless_everything_is_trusted(tmp_path: Path) -> None:
    weak = Offer(Level.LIMITED, {"bubblewrap": Mechanism(False, "bwrap is not installed")}, (NetworkMode.NONE,))

    with pytest.raises(SandboxTooWeak) as refused:
        Sandbox(tmp_path, weak)
    assert "bwrap is not installed" in refused.value.sentence
    assert "--allow-unsandboxed" in refused.value.sentence


def limited(level: Level) -> Offer:
    """What this machine would offer without bubblewrap."""
    modes = (NetworkMode.NONE, NetworkMode.FULL) if level is Level.LIMITED else (NetworkMode.FULL,)
    return replace(offer(), level=level, network=modes)


@pytest.mark.anyio
@pytest.mark.parametrize("level", [Level.LIMITED, Level.NONE])
async def test_a_weaker_level_still_limits_ends_and_tells(tmp_path: Path, level: Level) -> None:
    let_others_in(tmp_path)
    network = Network(NetworkMode.FULL)
    naptime = f"{random.uniform(1000, 9000):.6f}"  # by which these processes are found among all of the machine
    async with bench(tmp_path, limited(level), allow_unsandboxed=True) as sandbox:
        plain = await sandbox.shell("pwd; echo err >&2; touch made; exit 5", network=network)
        daemon = await sandbox.shell(f"setsid sleep {naptime} & echo started", network=network)
        hog = await sandbox.python(
            "kept = []\nwhile True: kept.append(bytearray(b'x' * 1_000_000))",
            network=network,
            limits=Limits(memory_mb=64),
        )
        late = await sandbox.shell(
            f"setsid sleep {naptime} & sleep {naptime}", network=network, timeout_s=1.0, grace_s=0.2
        )
        absent = await sandbox.run("no-such-program", network=network)

    assert (plain.ending.exit_code, plain.output(Stream.STDERR)) == (5, "err\n")
    assert plain.output(Stream.STDOUT) == f"{sandbox.workspace}\n"
    assert (sandbox.workspace / "made").stat().st_uid == os.geteuid()
    assert daemon.output() == "started\n"
    assert hog.ending.termination_reason is TerminationReason.OOM
    assert late.ending.termination_reason is TerminationReason.TIMEOUT
    assert absent.ending.exit_code == 127
    assert subprocess.run(["pgrep", "-f", f"sleep {naptime}"], capture_output=True, check=False).stdout == b""


@pytest.mark.anyio
async def test_without_namespaces_no_network_means_no_socket(tmp_path: Path) -> None:
    program = (
        "import socket\ntry:\n  socket.socket()\n  print('made')\nexcept OSError as problem:\n  print(problem.errno)"
    )
    let_others_in(tmp_path)
    async with bench(tmp_path, limited(Level.LIMITED), allow_unsandboxed=True) as sandbox:
        ran = await sandbox.python(program)
        with pytest.raises(NetworkModeNotOffered):
            await sandbox.run("true", network=Network(NetworkMode.ALLOWLIST, ("pypi.org",)))

    assert ran.output() == "97\n"


@pytest.mark.anyio
@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes owners")
async def test_where_files_cannot_be_shown_as_anothers_they_change_hands_and_come_back(tmp_path: Path) -> None:
    found = offer()
    shm = Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        async with bench(shm, found) as sandbox:
            (sandbox.workspace / "old").write_text("old")
            (sandbox.workspace / "link").symlink_to("/etc/passwd")
            ran = await sandbox.shell("cat old; echo new > new; mkdir d; touch d/e; chmod 700 d")

        owners = {path.name: path.lstat().st_uid for path in sandbox.workspace.rglob("*")}
        assert ran.output() == "old"
        assert owners == {"old": 0, "link": 0, "new": 0, "d": 0, "e": 0}
        assert Path("/etc/passwd").stat().st_uid == 0
    finally:
        shutil.rmtree(shm)


@pytest.mark.anyio
@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts overlays")
async def test_an_overlay_is_worked_on_by_the_nobody_it_belongs_to(tmp_path: Path) -> None:
    for name in ("lower", "upper", "work"):
        (tmp_path / name).mkdir()
        os.chown(tmp_path / name, GUEST_ID, GUEST_ID)
    for number in range(50):
        (tmp_path / "lower" / str(number)).write_text("below")
        os.chown(tmp_path / "lower" / str(number), GUEST_ID, GUEST_ID)
    (tmp_path / "shown").write_text("of root")
    (tmp_path / "shown").chmod(0o600)
    async with bench(tmp_path) as sandbox:
        layers = f"lowerdir={tmp_path}/lower,upperdir={tmp_path}/upper,workdir={tmp_path}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, sandbox.workspace], check=True)
        try:
            shown = Mount(tmp_path / "shown", "/shown")
            ran = await sandbox.shell("cat /shown 1; echo changed > 2; echo new > new; id -u", mounts=(shown,))
        finally:
            subprocess.run(["umount", sandbox.workspace], check=True)

    assert ran.output() == "of rootbelow1000\n"
    assert {path.name: path.stat().st_uid for path in (tmp_path / "upper").iterdir()} == {
        "2": GUEST_ID,
        "new": GUEST_ID,
    }


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_well_formed_on_every_architecture(machine: str) -> None:
    program = seccomp.assemble(machine)
    assert program is not None
    count = len(program) // 8
    assert count < 4096
    for at in range(count):
        code, yes, no = program[8 * at], program[8 * at + 2], program[8 * at + 3]
        if code & 7 == 5:
            assert at + 1 + max(yes, no) < count
    assert program[-8:] == seccomp._PASS


def test_an_unknown_architecture_has_no_filter() -> None:
    assert seccomp.assemble("riscv64") is None
