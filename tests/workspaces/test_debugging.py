"""A real debugger in a real sandbox, spoken to as an editor speaks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pilothouse.workspaces import DebugDoor, DebugLine, Repositories, Repository, Workspace, Workspaces
from pilothouse.workspaces.inside.debug import connect_to, interpreter_and_program
from pilothouse.workspaces.problems import DebuggerAbsent, DebuggerBusy
from tests.support.dap import Editor, HungUp, stop_at
from tests.support.repositories import Upstream
from tests.support.sandboxed import Sandboxed, sandboxed

pytestmark = pytest.mark.anyio
PROGRAM = """import sys

def add(left, right):
    total = left + right
    return total

print("sum", add(2, 40), flush=True)
sys.exit(7)
"""

WAITING = """import os, time
while not os.path.exists("go"):
    time.sleep(0.05)
print("gone on")
"""


@pytest.fixture
async def sandbox(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Sandboxed]:
    async with sandboxed(tmp_path) as running:
        yield running


@pytest.fixture
async def workspace(
    upstream: Upstream, repository: Repository, repositories: Repositories, workspaces: Workspaces
) -> Workspace:
    commit = upstream.commit({"src/program.py": PROGRAM, "src/waiting.py": WAITING})
    await repositories.resolve(repository, commit)
    return await workspaces.acquire(repository, commit)


@pytest.fixture
async def door(tmp_path: Path, anyio_backend: str) -> AsyncIterator[DebugDoor]:
    made = DebugDoor(tmp_path / "d")
    await made.open()
    yield made
    await made.close()


async def test_a_program_stops_at_a_breakpoint_and_goes_on(
    sandbox: Sandboxed, workspace: Workspace, door: DebugDoor, upstream: Upstream
) -> None:
    shown = workspace.shown | door.shown
    started = await sandbox.start(door.command(["src/program.py"]), workspace.path, shown)
    async with asyncio.timeout(90):
        line = await door.connect(60)
        editor = Editor(line.send, line.receive)
        thread = await stop_at(
            editor, local_root=str(upstream.place), remote_root="/workspace", file="src/program.py", line=5
        )
        trace = await editor.ask("stackTrace", threadId=thread)
        frame = trace["stackFrames"][0]
        evaluated = await editor.ask("evaluate", expression="total", frameId=frame["id"], context="watch")
        assert "sum" not in started.output()
        await editor.ask("continue", threadId=thread)
        await editor.event("terminated")
        await line.close()
        ending, output = await started.ended()

    assert (frame["name"], frame["line"], frame["source"]["path"]) == ("add", 5, f"{upstream.place}/src/program.py")
    assert evaluated["result"] == "42"
    assert ending.exit_code == 7
    assert "sum 42" in output


async def test_one_editor_at_a_time_and_another_after_it(
    sandbox: Sandboxed, workspace: Workspace, door: DebugDoor, upstream: Upstream
) -> None:
    shown = workspace.shown | door.shown
    started = await sandbox.start(door.command(["python3", "src/waiting.py"]), workspace.path, shown)
    local = str(upstream.place)
    async with asyncio.timeout(90):
        first = await door.connect(60)
        with pytest.raises(DebuggerBusy):
            await door.connect(1)
        editor = Editor(first.send, first.receive)
        await stop_at(editor, local_root=local, remote_root="/workspace", file="src/waiting.py", line=3)
        await editor.ask("disconnect", terminateDebuggee=False)
        await first.close()
        second, editor = await attached_again(door)
        (workspace.path / "go").touch()
        await editor.event("terminated")
        await second.close()
        ending, output = await started.ended()

    assert (ending.exit_code, output) == (0, "gone on")


async def attached_again(door: DebugDoor) -> tuple[DebugLine, Editor]:
    """The debugger takes a moment to let go of the editor before."""
    while True:
        line = await door.connect(60)
        editor = Editor(line.send, line.receive)
        await editor.ask("initialize", adapterID="test")
        attaching = await editor.request("attach", justMyCode=True)
        try:
            await editor.event("initialized")
        except HungUp:
            await line.close()
            continue
        await editor.ask("configurationDone")
        await editor.response(attaching)
        return line, editor


async def test_a_program_that_does_not_wait_ends_by_itself(
    sandbox: Sandboxed, workspace: Workspace, door: DebugDoor
) -> None:
    shown = workspace.shown | door.shown

    ending, output = await sandbox.run(door.command(["src/program.py"], wait=False), workspace.path, shown)

    assert (ending.exit_code, "sum 42" in output) == (7, True)


async def test_nobody_inside_is_said_and_not_waited_for_without_end(door: DebugDoor) -> None:
    with pytest.raises(DebuggerAbsent):
        await door.connect(0.05)


async def test_only_the_latest_of_many_who_call_is_kept(door: DebugDoor, tmp_path: Path) -> None:
    callers = []
    for _ in range(50):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "d/door/s"))
        callers.append((reader, writer))
    async with asyncio.timeout(30):
        assert [await reader.read() for reader, _ in callers[:-1]] == [b""] * 49
        callers[-1][1].write(b"hello")
        line = await door.connect(20)
        assert await line.receive() == b"hello"
    await line.close()
    for _, writer in callers:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for _, writer in callers), return_exceptions=True)


async def test_a_door_opens_however_deep_its_directory_lies(tmp_path: Path, anyio_backend: str) -> None:
    deep = tmp_path / ("deep" * 30) / ("deeper" * 20)
    door = DebugDoor(deep, mounts=False)
    await door.open()
    called = str(deep / "door" / "s")
    with socket.socket(socket.AF_UNIX) as guest:
        with pytest.raises(OSError, match="too long"):
            guest.connect(called)
        await asyncio.to_thread(connect_to, guest, called)
        guest.sendall(b"hello")
        line = await door.connect(30)
        async with asyncio.timeout(30):
            heard = await line.receive()
    await door.close()

    assert heard == b"hello"
    assert called in door.command(["x.py"])
    assert not deep.exists()


async def test_a_guest_cannot_put_another_socket_in_the_place_of_the_door(
    sandbox: Sandboxed, workspace: Workspace, door: DebugDoor, tmp_path: Path
) -> None:
    secret = tmp_path / "host.sock"
    with socket.socket(socket.AF_UNIX) as host:
        host.bind(str(secret))
        program = f"import os\nfor act in (lambda: os.unlink(p), lambda: os.symlink('{secret}', p + '2')):\n"
        program += "    try:\n        act(); print('done')\n    except OSError as e:\n        print(e.strerror)\n"
        ending, output = await sandbox.run(
            ["python3", "-c", "p='/opt/pilothouse/door/s'\n" + program], workspace.path, workspace.shown | door.shown
        )

    assert ending.exit_code == 0
    assert output.split() == ["Read-only", "file", "system"] * 2


@pytest.mark.parametrize(
    ("words", "interpreter", "program"),
    [
        (["app.py", "x"], ["python3"], ["app.py", "x"]),
        (["-m", "pytest"], ["python3"], ["-m", "pytest"]),
        (["python", "-m", "pytest", "-k", "x"], ["python"], ["-m", "pytest", "-k", "x"]),
        (["/v/bin/python3.12", "-X", "dev", "-O", "a.py"], ["/v/bin/python3.12", "-X", "dev", "-O"], ["a.py"]),
    ],
)  # fmt: skip
def test_what_is_debugged_is_what_would_have_run(words: list[str], interpreter: list[str], program: list[str]) -> None:
    assert interpreter_and_program(words) == (interpreter, program)


def test_a_script_is_debugged_with_its_own_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "tool"
    script.write_text("#!/opt/some/python3.13\nprint('x')\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert interpreter_and_program(["tool", "x"]) == (["/opt/some/python3.13"], [str(script), "x"])
