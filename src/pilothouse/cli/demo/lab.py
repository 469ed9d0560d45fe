"""The incident in the lab: a program from a repository runs on its recording, in a sandbox, where there is one."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from pilothouse.cli.demo.chain import POLL_S, answer
from pilothouse.kit.errors import Unavailable

# Repositories of the demo lie on this disk, which hubs do not fetch from unless they are told.
HUB_SETTINGS = {"PILOTHOUSE_LAB_GIT_PROTOCOLS": "file,https,ssh"}
REPOSITORY = "flight-watch"
ENDED_WITHIN_S = 60.0
# What the machine offers is tried when the hub starts.
TRIED_WITHIN_S = 15.0
PROGRAM = '''\
"""Reads messages as JSON lines, and fails where the drone was faster than it may be."""
import json
import sys

LIMIT_M_S = 9.0
speeds = [json.loads(line)["message"]["data"] for line in sys.stdin]
too_fast = [speed for speed in speeds if speed > LIMIT_M_S]
print(f"{len(speeds)} speeds, {len(too_fast)} above {LIMIT_M_S:g} m/s, the highest {max(speeds):.2f} m/s")
sys.exit(1 if too_fast else 0)
'''
COMMAND = ["pilothouse-replay", "--speed", "max", "--topic", "/speed", "--", "python3", "watch.py"]


class NotHere(Unavailable):
    """{reason}"""


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A debug session of the demo; ``command_id`` is its only command."""

    session_id: str
    command_id: str


class Lab:
    """Reproduces an incident. What this machine lacks for that is said, and nothing else depends on it."""

    def __init__(self, operator: httpx2.Client, data: Path) -> None:
        self._operator = operator
        self._place = data / REPOSITORY

    def begin(self, row: dict[str, Any]) -> Reproduction:
        """Have it reproduced on a recording; raises NotHere where that cannot be."""
        self._check_sandbox()
        commit = self._committed()
        self._made("/repository/init", {"name": REPOSITORY, "remote_url": self._place.as_uri(), "setup": "none"})
        incident = answer(self._operator, "lab", f"/api/v1/incidents/{row['incident_id']}")["id"]
        asked = {
            "repository": REPOSITORY, "commit_sha": commit, "recordings": [row["session_id"]], "incident_id": incident,
            "labels": ["demo"], "commands": [{"argv": COMMAND}], "end_when_done": True,
        }  # fmt: skip
        made = self._made("/sessions", asked)
        return Reproduction(made["id"], made["commands"][0]["id"])

    def result(self, of: Reproduction) -> str:
        """What came of it, once it is over; raises NotHere when that is nothing."""
        path = f"/sessions/{of.session_id}/commands/{of.command_id}"
        deadline = time.monotonic() + ENDED_WITHIN_S
        while (command := answer(self._operator, "lab", path))["state"] in ("queued", "running"):
            if time.monotonic() > deadline:
                raise NotHere(reason=f"it took longer than {ENDED_WITHIN_S:.0f} s")
            time.sleep(POLL_S)
        if command["exit_code"] != 1:
            raise NotHere(reason=command["reason"] or f"the program ended with {command['exit_code']}")
        return self._operator.get(f"{path}/output").text.strip()

    def _check_sandbox(self) -> None:
        deadline = time.monotonic() + TRIED_WITHIN_S
        while True:
            sandboxes = answer(self._operator, "lab", "/sandbox")
            if sandboxes["level"] is not None or time.monotonic() > deadline:
                break
            time.sleep(POLL_S)
        if sandboxes["level"] != "isolated":
            why = next((one["refuses"] for one in sandboxes["workers"] if one["refuses"]), "no sandbox is ready")
            raise NotHere(reason=why)

    def _committed(self) -> str:
        git = shutil.which("git")
        if git is None:
            raise NotHere(reason="git is not installed")
        try:
            if not (self._place / ".git").is_dir():
                self._place.mkdir(parents=True, exist_ok=True)
                (self._place / "watch.py").write_text(PROGRAM, encoding="utf-8")
                for words in (
                    ("init", "-q", "-b", "main"),
                    ("add", "watch.py"),
                    ("commit", "-q", "-m", "Watch the speed"),
                ):
                    self._git(git, *words)
            return self._git(git, "rev-parse", "HEAD")
        except (OSError, subprocess.SubprocessError) as error:
            raise NotHere(reason=f"git cannot make a repository here: {error}") from None

    def _git(self, git: str, *words: str) -> str:
        # Nobody's own settings: a signing key or a hook would ask somebody.
        own = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "PATH": str(Path(git).parent)}
        author = ("-c", "user.name=Pilothouse demo", "-c", "user.email=demo@localhost")
        command = [git, "-C", str(self._place), *author, *words]
        done = subprocess.run(command, env=own, capture_output=True, text=True, check=True, timeout=20)  # noqa: S603
        return done.stdout.strip()

    def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = self._operator.post(path, json=body)
        except httpx2.HTTPError as error:
            raise NotHere(reason=f"the hub does not answer: {error}") from None
        if not response.is_success:
            raise NotHere(reason=str(response.json().get("detail", response.status_code)))
        made: dict[str, Any] = response.json()
        return made
