"""Hostile commands: each tries to reach something it has no business with."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import textwrap
from pathlib import Path

import pytest

from pilothouse.sandbox.log import Stream
from pilothouse.sandbox.model import Network, NetworkMode
from tests.support.sandboxes import Bench, bench

pytestmark = pytest.mark.anyio

CALLS = """
import ctypes, errno, json, os, platform
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(number, *arguments)
    return result if result >= 0 else errno.errorcode[ctypes.get_errno()]
"""


async def answers(sandbox: Bench, program: str, **facts: object) -> dict[str, object]:
    """What a Python program inside printed as JSON."""
    ran = await sandbox.python(CALLS + program, **facts)
    assert ran.ending.exit_code == 0, ran.output()
    found: dict[str, object] = json.loads(ran.output(Stream.STDOUT))
    return found


async def test_it_cannot_write_to_the_machine(tmp_path: Path) -> None:
    places = ["/etc/passwd", "/etc/new", "/usr/bin/true", "/usr/new", "/new", "/bin/new", "/proc/sys/kernel/hostname",
              "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches", "/dev/new"]  # fmt: skip
    program = f"""
    found = {{}}
    for place in {places!r}:
        try:
            open(place, "w").write("x")
            found[place] = "written"
        except OSError as problem:
            found[place] = "refused"
    print(json.dumps(found))
    """
    before = Path("/etc/passwd").read_bytes()
    async with bench(tmp_path) as sandbox:
        found = await answers(sandbox, textwrap.dedent(program))

    # /dev is a directory of its own in memory, for which no limit would count.
    assert [place for place, outcome in found.items() if outcome == "written"] == []
    assert Path("/etc/passwd").read_bytes() == before
    assert not Path("/dev/new").exists()


async def test_remounting_and_every_other_way_to_mount_is_refused(tmp_path: Path) -> None:
    program = """
    remount = libc.mount(b"none", b"/usr", None, 32 | 4096, None)
    print(json.dumps({
        "remount": remount,
        "bind": libc.mount(b"/usr", b"/tmp", None, 4096, None),
        "umount": libc.umount2(b"/etc", 2),
        "chroot": libc.chroot(b"/tmp"),
        "userns": libc.unshare(0x10000000),
        "mountns": libc.unshare(0x20000),
        "open_tree": call(428, -100, b"/", 1),
        "fsopen": call(430, b"tmpfs", 0),
    }))
    """
    async with bench(tmp_path) as sandbox:
        found = await answers(sandbox, textwrap.dedent(program))

    assert found == {
        "remount": -1, "bind": -1, "umount": -1, "chroot": -1, "userns": -1, "mountns": -1,
        "open_tree": "EPERM", "fsopen": "EPERM",
    }  # fmt: skip


async def test_no_other_process_is_in_sight(tmp_path: Path) -> None:
    reading = """
import glob
print(len(glob.glob("/proc/[0-9]*")))
for place in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        print(open(place, "rb").read())
    except OSError:
        pass
    """
    async with bench(tmp_path) as sandbox:
        neighbour, log = await sandbox.start("sh", "-c", "echo up; sleep 1000", secrets={"TOKEN": "of-the-neighbour"})
        async for _ in log.follow():
            break
        ran = await sandbox.python(reading)
        await neighbour.cancel()

    said = ran.output(Stream.STDOUT)
    assert "of-the-neighbour" not in said
    assert "sleep" not in said
    assert int(said.splitlines()[0]) <= 3


async def test_secrets_are_in_no_command_line_of_the_machine(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        running, log = await sandbox.start("sh", "-c", "echo up; sleep 1000", secrets={"TOKEN": "sesame-opens-it"})
        async for _ in log.follow():
            break
        lines = []
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                lines.append(place.read_bytes())
        await running.cancel()

    assert any(b"bwrap" in line for line in lines)
    assert not [line for line in lines if b"sesame-opens-it" in line]


@pytest.mark.skipif(os.geteuid() != 0, reason="without root, commands share the uid of the service")
async def test_two_commands_at_once_are_two_users_to_the_kernel(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        started = [await sandbox.start("sh", "-c", "echo up; sleep 1000") for _ in range(3)]
        running = [one for one, _ in started]
        for _, log in started:
            async for _ in log.follow():
                break
        uids = [Path(f"/proc/{one.pid}").stat().st_uid for one in running]
        await asyncio.gather(*(one.cancel() for one in running))

    assert len(set(uids)) == 3
    assert 0 not in uids


async def test_the_servers_environment_and_files_are_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTHOUSE_TOKEN", "of-the-server")
    database = tmp_path / "hub.db"
    database.write_text("everything")
    async with bench(tmp_path) as sandbox:
        (sandbox.workspace / "link").symlink_to(database)
        reading = (
            f"cat {database} /workspace/link /workspace/../hub.db /proc/1/root{database} /proc/{os.getpid()}/environ"
        )
        ran = await sandbox.shell(f"{reading}; env; cat /proc/*/environ")

    assert "everything" not in ran.output()
    assert "of-the-server" not in ran.output()


async def test_no_secret_of_the_machine_is_in_etc(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.shell(
            "cat /etc/shadow /etc/sudoers; cat /etc/ssh/*; ls /etc/ssl/private; ls /root /var /home; id"
        )

    assert ran.output(Stream.STDOUT).replace("\n", " ").split() == [
        "/home:", "pilot", "/var:", "tmp", "uid=1000(pilot)", "gid=1000(pilot)", "groups=1000(pilot)",
    ]  # fmt: skip


async def test_another_sessions_workspace_is_out_of_reach(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir(mode=0o777)
    (other / "result").write_text("of the other session")
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.shell(f"ls {other}; cat {other}/result; ls /proc/self/cwd/..; ls -di / /workspace/..")

    assert "of the other session" not in ran.output()
    assert str(tmp_path.name) not in ran.output(Stream.STDOUT)


async def test_without_a_network_nothing_of_the_machine_answers(tmp_path: Path) -> None:
    abstract = f"\0pilothouse-test-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as inet, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(abstract)
        unix.listen()
        program = f"""
        import socket
        def tried(family, address):
            with socket.socket(family) as one:
                one.settimeout(5)
                try:
                    one.connect(address)
                    return "connected"
                except OSError as problem:
                    return "refused"
        print(json.dumps({{
            "loopback": tried(socket.AF_INET, ("127.0.0.1", {inet.getsockname()[1]})),
            "abstract": tried(socket.AF_UNIX, {abstract!r}),
            "outside": tried(socket.AF_INET, ("192.0.2.1", 80)),
            "interfaces": [name for _, name in socket.if_nameindex()],
        }}))
        """
        async with bench(tmp_path) as sandbox:
            found = await answers(sandbox, textwrap.dedent(program))

    assert found == {"loopback": "refused", "abstract": "refused", "outside": "refused", "interfaces": ["lo"]}


async def test_its_own_loopback_works(tmp_path: Path) -> None:
    program = """
    import socket
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        server.accept()[0].send(b"hello")
        print(json.dumps({"heard": client.recv(5).decode()}))
    """
    async with bench(tmp_path) as sandbox:
        assert await answers(sandbox, textwrap.dedent(program)) == {"heard": "hello"}


@pytest.mark.parametrize("mode", list(NetworkMode))
async def test_sockets_that_know_no_namespace_cannot_be_made(tmp_path: Path, mode: NetworkMode) -> None:
    program = """
    import socket
    found = {}
    for name in ("AF_VSOCK", "AF_PACKET", "AF_ALG", "AF_BLUETOOTH"):
        try:
            socket.socket(getattr(socket, name), socket.SOCK_STREAM)
            found[name] = "made"
        except OSError as problem:
            found[name] = errno.errorcode[problem.errno]
    print(json.dumps(found))
    """
    async with bench(tmp_path) as sandbox:
        found = await answers(sandbox, textwrap.dedent(program), network=Network(mode))

    assert set(found.values()) == {"EAFNOSUPPORT"}


async def test_calls_that_no_program_needs_are_refused(tmp_path: Path) -> None:
    program = """
    import fcntl, termios
    x86 = platform.machine() == "x86_64"
    def typed():
        try:
            fcntl.ioctl(0, termios.TIOCSTI, b"x")
        except OSError as problem:
            return errno.errorcode[problem.errno]
    print(json.dumps({
        "ptrace": call(101 if x86 else 117, 0, 0, 0, 0),
        "read of memory": call(310 if x86 else 270, os.getppid(), 0, 0, 0, 0, 0),
        "keyctl": call(250 if x86 else 219, 1, None),
        "add_key": call(248 if x86 else 217, b"user", b"x", b"x", 1, -3),
        "bpf": call(321 if x86 else 280, 0, 0, 0),
        "perf_event_open": call(298 if x86 else 241, 0, 0, 0, 0, 0),
        "userfaultfd": call(323 if x86 else 282, 0),
        "io_uring_setup": call(425, 1, 0),
        "open_tree_attr": call(467, -1, 0, 0, 0, 0),
        "kexec_load": call(246 if x86 else 104, 0, 0, 0, 0),
        "init_module": call(175 if x86 else 105, 0, 0, 0),
        "clone3": call(435, 0, 0),
        "typing into a terminal": typed(),
    }))
    """
    async with bench(tmp_path) as sandbox:
        found = await answers(sandbox, textwrap.dedent(program))

    assert found.pop("clone3") == "ENOSYS"
    assert set(found.values()) == {"EPERM"}


async def test_calls_of_another_architecture_are_refused(tmp_path: Path) -> None:
    program = """
    x86 = platform.machine() == "x86_64"
    print(json.dumps({"x32": call(0x40000000 + 39) if x86 else "ENOSYS"}))
    """
    async with bench(tmp_path) as sandbox:
        assert await answers(sandbox, textwrap.dedent(program)) == {"x32": "ENOSYS"}


async def test_set_uid_can_neither_be_used_nor_left_behind(tmp_path: Path) -> None:
    program = """
    found = {}
    open("tool", "w").write("#!/bin/sh\\nid\\n")
    attempts = {
        "chmod": lambda: os.chmod("tool", 0o4755),
        "fchmod": lambda: os.fchmod(os.open("tool", os.O_RDONLY), 0o2755),
        "open": lambda: os.open("born", os.O_CREAT | os.O_WRONLY, 0o4755),
        "mknod": lambda: os.mknod("made", 0o4755),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
            found[name] = "done"
        except OSError as problem:
            found[name] = errno.errorcode[problem.errno]
    os.chmod("tool", 0o755)
    found["setuid"] = call(105 if platform.machine() == "x86_64" else 146, 0)
    print(json.dumps(found))
    """
    async with bench(tmp_path) as sandbox:
        found = await answers(sandbox, textwrap.dedent(program))
        modes = {path.name: path.stat().st_mode for path in sandbox.workspace.iterdir()}
        planted = sandbox.workspace / "planted"
        planted.write_bytes(Path("/usr/bin/id").read_bytes())
        planted.chmod(0o4755)
        ran = await sandbox.run("./planted", "-u")

    assert found == {"chmod": "EPERM", "fchmod": "EPERM", "open": "EPERM", "mknod": "EPERM", "setuid": "EINVAL"}
    assert all(mode & 0o6000 == 0 for mode in modes.values())
    assert ran.output() == "1000\n"


async def test_devices_are_the_harmless_ones(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.shell("ls /dev; mknod /tmp/disk b 8 0; mknod disk b 8 0")

    assert set(ran.output(Stream.STDOUT).split()) <= {
        "console", "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty",
        "urandom", "zero",
    }  # fmt: skip
    assert ran.output(Stream.STDERR).count("Operation not permitted") == 2


async def test_it_inherits_nothing_that_is_open(tmp_path: Path) -> None:
    async with bench(tmp_path) as sandbox:
        ran = await sandbox.python("import os; print(sorted(int(name) for name in os.listdir('/proc/self/fd'))[:-1])")

    assert ran.output() == "[0, 1, 2]\n"
