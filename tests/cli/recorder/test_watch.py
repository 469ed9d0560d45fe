"""`pilothouse recorder save|status|tail|schema`, asked of a real recorder."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from tests.support.flights import write_flight
from tests.support.processes import PILOTHOUSE, eventually, pilothouse, ran

GUIDE = Path(__file__).parents[3] / "docs/guides/recorder.md"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("robot")
    flight = write_flight(directory / "flight.mcap", seconds=12).path
    flags = ("--source", f"replay:{flight}", "--speed", "max", "--trigger", "/speed.data > 9", "--robot-id", "r2")
    with pilothouse("recorder", "run", *flags, "--data", directory / "data", "--port", "0") as program:
        eventually(lambda: "a source has ended" in program.stderr, what="the end of the replay")
        yield program.url


def ask(*arguments: str, token: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PILOTHOUSE_")}
    if token:
        environment["PILOTHOUSE_RECORDER_TOKEN"] = token
    return ran("recorder", *arguments, env=environment)


def test_a_save_says_what_was_saved_and_where(url: str) -> None:
    done = ask("save", "--label", "odd noise", "--url", url)

    assert done.returncode == 0, done
    session_id = done.stdout.split()[0]
    path = Path(done.stdout.splitlines()[1])
    assert path.stem == session_id
    assert path.stat().st_size
    with urllib.request.urlopen(f"{url}/sessions/last", timeout=30) as answer:
        assert json.load(answer)["label"] == "odd noise"


def test_a_save_for_programs_is_one_object(url: str) -> None:
    saved = json.loads(ask("save", "--json", "--url", url).stdout)

    assert saved["topics"] == ["/odom", "/speed"]


def test_a_recording_is_pinned_and_let_go(url: str) -> None:
    session_id = ask("save", "--url", url).stdout.split()[0]

    assert ask("pin", session_id, "--url", url).stdout == f"{session_id} is pinned: it stays until --undo\n"
    assert "pinned" in ask("status", "--once", "--url", url).stdout
    assert ask("pin", session_id, "--undo", "--url", url).stdout == f"{session_id} may be removed again\n"
    unknown = ask("pin", "nobody/../x", "--url", url)
    assert unknown.returncode
    assert unknown.stderr.count("\n") == 1


def test_a_status_shows_everything_at_a_glance(url: str) -> None:
    done = ask("status", "--once", "--url", url)

    assert done.returncode == 0, done
    for part in (f"r2 at {url}", "buffer   720 messages", "ended, 720 messages, 100% played", "sealed"):
        assert part in done.stdout
    assert re.search(r"^/odom +[\d.–]+ +600 +", done.stdout, re.MULTILINE)
    assert re.search(r"^/speed.data > 9 +1 +/speed.data > 9 +9.1$", done.stdout, re.MULTILINE)
    assert "\x1b" not in done.stdout


def test_a_status_for_programs_is_one_object(url: str) -> None:
    state = json.loads(ask("status", "--json", "--url", url).stdout)

    assert set(state) == {"health", "topics", "triggers"}
    assert state["health"]["robot_id"] == "r2"


def test_a_status_on_a_terminal_stays_and_ends_with_an_interrupt(url: str) -> None:
    terminal, inside = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "LINES": "40", "COLUMNS": "120"}
    process = subprocess.Popen(
        [str(PILOTHOUSE), "recorder", "status", "--url", url], stdout=inside, stderr=inside, env=environment
    )
    os.close(inside)
    try:
        shown = b""
        until = time.monotonic() + 60
        while shown.count(b"buffer") < 2:
            shown += os.read(terminal, 4096)
            assert time.monotonic() < until, shown
        process.send_signal(signal.SIGINT)
        while _read(terminal):
            pass
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    assert b"r2 at" in shown


def test_tail_follows_a_topic(url: str) -> None:
    done = ask("tail", "/odom", "--lines", "3", "--interval", "0.05", "--url", url)

    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert "600 messages" in lines[0]
    assert "600 messages  +0" in lines[2]


def test_tail_of_an_unknown_topic_names_the_nearest(url: str) -> None:
    done = ask("tail", "/odm", "--url", url)

    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "pilothouse: The recorder has heard nothing on /odm yet (did you mean /odom?).\n"


@pytest.mark.parametrize("command", [("save",), ("status",), ("status", "--json"), ("tail", "/odom")])
def test_a_recorder_that_is_not_there_is_one_line_that_says_what_to_start(command: tuple[str, ...]) -> None:
    done = ask(*command, "--url", "http://127.0.0.1:9")

    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.count("\n") == 1
    assert "pilothouse recorder run" in done.stderr


@pytest.mark.parametrize("address", ["nowhere", "http://", "ftp://127.0.0.1", "http://[", "http://a b"])
def test_an_address_that_is_none_is_one_line(address: str) -> None:
    done = ask("save", "--url", address)

    assert done.returncode in (2, 7)
    assert done.stdout == ""
    assert done.stderr.startswith("pilothouse: ")
    assert done.stderr.count("\n") == 1


def test_an_empty_buffer_has_nothing_to_save_and_the_token_is_needed(tmp_path: Path) -> None:
    with pilothouse(
        "recorder", "run", "--data", tmp_path, "--port", "0", env={"PILOTHOUSE_RECORDER_TOKEN": "s3cret"}
    ) as program:
        without = ask("save", "--url", program.url)
        wrong = ask("status", "--url", program.url, token="wrong")
        empty = ask("save", "--url", program.url, token="s3cret")
        status = ask("status", "--once", "--url", program.url, token="s3cret")

    assert without.returncode == wrong.returncode == 3
    assert empty.returncode == 5
    assert "buffer is empty" in empty.stderr
    assert "captures none yet" in status.stdout


def test_the_schema_accepts_the_guides_configuration_and_finds_mistakes() -> None:
    schema = json.loads(ask("schema").stdout)
    jsonschema_rs.meta.validate(schema)
    validator = jsonschema_rs.Draft202012Validator(schema)
    shown = next(
        one for one in re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL) if "# recorder.yaml" in one
    )

    assert list(validator.iter_errors(yaml.safe_load(shown))) == []
    short = {"sources": ["replay:flight.mcap", {"kind": "replay", "path": "a.mcap", "max_rate_hz": 5}]}
    assert validator.is_valid(short)
    assert not validator.is_valid({"widnow_s": 3})
    assert not validator.is_valid({"sources": [{"kind": "replay", "pth": "x"}]})
    assert not validator.is_valid({"window_s": "long"})


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so when nobody holds the other side any more
        return b""
