"""The guide to debug sessions, run as printed: a bug, a session, a patch, a batch and an approval."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.flights import saying, write_messages
from tests.support.processes import PILOTHOUSE, Program, eventually, pilothouse

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "debug-sessions.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
TOKEN = "a-local-token-of-at-least-fifty-characters-for-one-test"
# Of 60 messages 60 % 8 lie in a window that is not full: only in the third flight is it the fastest.
FASTEST_AT = {"flight_1": 10, "flight_2": 25, "flight_3": 58, "flight_4": 33, "flight_5": 40}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Program]:
    recordings = tmp_path / "hub" / "sessions"
    recordings.mkdir(parents=True)
    for name, place in FASTEST_AT.items():
        speeds = [{"data": 9.4 if number == place else 7.0 + number % 5 / 10} for number in range(60)]
        write_messages(recordings / f"{name}.mcap", saying("/speed", speeds))
    settings = {"LOCAL_AUTH_TOKEN": TOKEN, "PILOTHOUSE_LAB_GIT_PROTOCOLS": "file"}
    command = ("hub", "--data", tmp_path / "hub", "--port", "0", "--host", "127.0.0.1")
    with pilothouse(*command, env=settings) as program:
        eventually(lambda: indexed(program) == len(FASTEST_AT), what="the index")
        yield program


def indexed(hub: Program) -> int:
    found = httpx2.get(f"{hub.url}/api/sessions").json()["sessions"]
    return sum(one["state"] == "ok" for one in found)


def test_the_examples_work_as_printed_one_after_the_other(hub: Program, tmp_path: Path) -> None:
    somebody = {"GIT_AUTHOR_NAME": "A Robot", "GIT_AUTHOR_EMAIL": "robot@example.org",
                "GIT_COMMITTER_NAME": "A Robot", "GIT_COMMITTER_EMAIL": "robot@example.org"}  # fmt: skip
    environment = {
        "PILOTHOUSE_URL": hub.url, "PILOTHOUSE_TOKEN": TOKEN, "TOKEN": TOKEN, "HOME": str(tmp_path), **somebody,
        "PATH": f"{PILOTHOUSE.parent}:{os.environ['PATH']}", "GIT_CONFIG_GLOBAL": "/dev/null",
    }  # fmt: skip

    answer = subprocess.run(
        ["sh", "-euc", "\n".join(EXAMPLES)], env=environment, cwd=tmp_path, capture_output=True, text=True,
        timeout=110, check=False,
    )  # fmt: skip

    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}\n{hub.stderr[-3000:]}"
    said = answer.stdout
    assert said.index("fastest 7.4 m/s: go on") < said.index("it ended with 1") < said.index("flight_3.mcap")
    assert said.index("fastest 9.4 m/s: STOP") < said.index("4 of 5 succeeded") < said.index('"succeeded": 5')
    assert '"status": "approved"' in said
