"""Somebody sets the wall clock of a robot back an hour while it records, and later forward again."""

from __future__ import annotations

import json
import sys
import threading
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pilothouse.mcap import open_recording, verify
from tests.support.processes import Program, eventually, running

# The program as it is, except that it reads the wall clock through a file that says how far off it is.
LAUNCHER = """
import sys, time
from pathlib import Path

real, offset = time.time_ns, Path(sys.argv.pop(1))
time.time_ns = lambda: real() + int(float(offset.read_text()) * 1e9)

from pilothouse.cli.recorder.run import main
sys.exit(main(sys.argv[1:]))
"""
HOUR_S = 3600
CONFIGURATION = """
robot_id: robot
port: 0
window_s: 1800
pre_s: 60
post_s: 0.5
triggers:
  - {name: fast, kind: threshold, topic: /speed, field: data, op: gt, value: 9}
"""

# Programs that start and end many times, on a machine that may do much else meanwhile.
pytestmark = pytest.mark.timeout(600)


class Speaker:
    """Says numbered messages without a time of their own, a hundred a second."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._pause = threading.Event()
        self.said = 0

    def say(self, count: int, value: float = 0.0) -> None:
        for _ in range(count):
            ask(self._program, "/messages", {"topic": "/speed", "data": {"data": value, "n": self.said}})
            self.said += 1
            self._pause.wait(0.01)


def ask(program: Program, path: str, body: object = None) -> Any:
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(program.url + path, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def numbers_in(path: Path) -> list[int]:
    with open_recording(path) as recording:
        return [json.loads(one.content)["n"] for one in recording.messages()]


def set_clock(file: Path, offset_s: float) -> None:
    new = file.with_suffix(".new")
    new.write_text(str(offset_s))
    new.replace(file)


def sealed(program: Program, count: int) -> list[Any]:
    def found() -> list[Any] | None:
        recent = [one for one in ask(program, "/triggers")["recent"] if one["state"] == "sealed"]
        return recent if len(recent) == count else None

    return eventually(found, what=f"{count} recordings") or []


def test_a_wall_clock_set_back_an_hour_costs_no_evidence_and_doubles_none(tmp_path: Path) -> None:
    offset, config, data = tmp_path / "offset", tmp_path / "recorder.yaml", tmp_path / "data"
    set_clock(offset, 0)
    config.write_text(CONFIGURATION)
    command = [sys.executable, "-c", LAUNCHER, str(offset), "--config", str(config), "--data", str(data)]
    with running(command) as program:
        speaker = Speaker(program)
        speaker.say(60)
        before = ask(program, "/sessions/save", {"label": "before"})

        set_clock(offset, -HOUR_S)
        back_at = speaker.said
        speaker.say(60)
        speaker.say(1, value=10)
        speaker.say(100)  # more than its post-roll
        sealed(program, 2)
        behind = ask(program, "/sessions/save", {"label": "behind"})

        set_clock(offset, 0)
        forward_at = speaker.said
        speaker.say(60)
        speaker.say(1, value=10)
        program.kill()
    with running(command) as program:
        found = sealed(program, 4)
        health = ask(program, "/healthz")
        assert program.stop() == 0

    files = {path.stem: path for path in (data / "sessions").glob("*.mcap")}
    heard = {one["session_id"]: numbers_in(files[one["session_id"]]) for one in found}
    assert {one["session_id"] for one in found} == set(files)
    assert all(verify(path).ok for path in files.values())
    assert all(max(Counter(one).values()) == 1 for one in heard.values())
    assert heard[before["session_id"]] == list(range(back_at))
    (fired,) = [one for one in found if one["reason"] == "trigger"]
    during = heard[fired["session_id"]]
    assert during == list(range(back_at, during[-1] + 1)), "what led up to it since the clock was set"
    assert during[-1] > back_at + 60
    assert heard[behind["session_id"]] == list(range(back_at, forward_at))
    (recovered,) = [one for one in found if one["reason"] == "recovered"]
    last = heard[recovered["session_id"]]
    assert recovered["trigger"]["rule"] == "fast"
    assert set(last) >= set(range(forward_at, speaker.said - 60)), "all but the last half second"
    assert not [one for one in health["problems"] if "no message" not in one]
