"""A hub that runs debug sessions for real, over a repository on this machine."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import connect

from tests.support.dap import Editor, stop_at
from tests.support.processes import Program, eventually, pilothouse

OPERATOR = "let-me-in-please"
REPOSITORY = {"name": "demo", "remote_url": "https://git.example/demo.git"}
ENVIRONMENT = {"LOCAL_AUTH_TOKEN": OPERATOR, "PILOTHOUSE_LAB_GIT_PROTOCOLS": "file,https,ssh"}
FAST_LEASE = {"PILOTHOUSE_LAB_LEASE_S": "2"}
OVER = ("completed", "failed", "cancelled", "expired")


def git(directory: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.invalid", *arguments]
    return subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout.strip()


def write_repository(directory: Path) -> str:
    """A repository of two files; its commit."""
    directory.mkdir(parents=True)
    git(directory, "init", "-q", "-b", "main")
    (directory / "hello.py").write_text("print('hello')\n")
    (directory / "limit.txt").write_text("1\n2\n3\n")
    git(directory, "add", ".")
    git(directory, "commit", "-q", "-m", "first")
    return git(directory, "rev-parse", "HEAD")


class LabCaller:
    """Calls a hub as somebody who makes and watches sessions."""

    def __init__(self, url: str, sha: str, token: str = OPERATOR) -> None:
        self.url = url
        self.sha = sha
        self.http = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def __enter__(self) -> LabCaller:
        return self

    def __exit__(self, *_problem: object) -> None:
        self.http.close()

    def make(self, **more: Any) -> dict[str, Any]:
        """A session that was accepted."""
        answer = self.http.post("/sessions", json={"repository": "demo", "commit_sha": self.sha, **more})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def run(self, *argv: str, **more: Any) -> dict[str, Any]:
        """A command in a session of its own, at its end."""
        made = self.make(commands=[{"argv": list(argv), **more}])
        return self.ended(made["commands"][0])

    def queue(self, session_id: str, *argv: str, **more: Any) -> dict[str, Any]:
        answer = self.http.post(f"/sessions/{session_id}/commands", json={"argv": list(argv), **more})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def session(self, session_id: str) -> dict[str, Any]:
        return dict(self.http.get(f"/sessions/{session_id}").raise_for_status().json())

    def command(self, one: Mapping[str, Any]) -> dict[str, Any]:
        path = f"/sessions/{one['session_id']}/commands/{one['id']}"
        return dict(self.http.get(path).raise_for_status().json())

    def ended(self, one: Mapping[str, Any]) -> dict[str, Any]:
        return eventually(
            lambda: found if (found := self.command(one))["state"] not in ("queued", "running") else None,
            what=f"the end of {one['argv']}",
        )

    def over(self, session_id: str) -> dict[str, Any]:
        return eventually(
            lambda: found if (found := self.session(session_id))["state"] in OVER else None, what="the session's end"
        )

    def output(self, one: Mapping[str, Any], **query: Any) -> bytes:
        path = f"/sessions/{one['session_id']}/commands/{one['id']}/output"
        return self.http.get(path, params=query).raise_for_status().content

    def prints(self, one: Mapping[str, Any], text: bytes) -> bytes:
        """Until a command has printed something."""
        return eventually(
            lambda: found if text in (found := self.output(one)) else None, what=f"{text!r} in the output"
        )


PROGRAM = "def add(a, b):\n    total = a + b\n    return total\n\nprint('sum', add(2, 40), flush=True)\n"


async def debugged(lab: LabCaller) -> tuple[str, dict[str, Any], bytes]:
    """A program that an editor stopped and let go again, in a session of its own: in which function it stopped, how it
    ended, what it printed."""
    made = lab.make()
    eventually(lambda: lab.session(made["id"])["state"] == "active", what="the session to be ready")
    lab.http.put(f"/sessions/{made['id']}/files/program.py", content=PROGRAM.encode()).raise_for_status()
    debugging = lab.http.post(f"/sessions/{made['id']}/debug", json={"argv": ["python3", "program.py"]}).json()
    command = {"id": debugging["command_id"], "session_id": made["id"], "argv": []}
    eventually(lambda: lab.command(command)["state"] == "running", what="the debugger")
    address = f"{lab.url.replace('http', 'ws', 1)}{debugging['websocket']}&ticket={debugging['ticket']}"
    async with connect(address, open_timeout=30) as socket:

        async def receive() -> bytes:
            content = await socket.recv()
            assert isinstance(content, bytes)
            return content

        editor = Editor(socket.send, receive)
        thread = await stop_at(editor, local_root="/home/me", remote_root="/workspace", file="program.py", line=3)
        stack = await editor.ask("stackTrace", threadId=thread)
        await editor.ask("continue", threadId=thread)
        ended = await asyncio.to_thread(lab.ended, command)
    return str(stack["stackFrames"][0]["name"]), ended, lab.output(command)


@contextmanager
def running_lab(
    directory: Path, *, env: Mapping[str, str] | None = None, sha: str | None = None
) -> Iterator[tuple[Program, LabCaller]]:
    """A hub over ``directory``, which other users must be able to enter; made with a repository `demo` if need be."""
    origin = directory / "origin"
    sha = sha or (git(origin, "rev-parse", "HEAD") if origin.exists() else write_repository(origin))
    command = ("hub", "--host", "127.0.0.1", "--port", "0", "--data", directory / "data")
    with pilothouse(*command, env={**ENVIRONMENT, **(env or {})}) as hub:
        known = {"name": "demo", "remote_url": f"file://{origin}"}
        with LabCaller(hub.url, sha) as caller:
            assert caller.http.post("/repository/init", json=known).status_code == 201
            yield hub, caller


def alive(marker: str) -> list[int]:
    """Processes of this machine whose command line holds a text."""
    found: list[int] = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                line = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if marker.encode() in line:
                found.append(int(process.name))
    return found
