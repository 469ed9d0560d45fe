"""`pilothouse mcap`, as a person or a script runs it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from pilothouse.mcap import verify
from tests.support.flights import drone_flight, truncated, write_flight
from tests.support.processes import ran


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return ran("mcap", *arguments)


def test_info_says_what_is_in_a_real_flight() -> None:
    done = run("info", drone_flight())

    assert done.returncode == 0
    assert "8,700 in 48 chunks (lz4; indexed)" in done.stdout
    assert "2024-04-05T17:32:04.852Z" in done.stdout
    assert "/groundtruth/pose      7,524   450.4 Hz  cdr       geometry_msgs/msg/PoseStamped" in done.stdout


def test_info_answers_programs_in_json(tmp_path: Path) -> None:
    captured = write_flight(tmp_path / "a.mcap", metadata={"pilothouse": {"robot_id": "r1"}})

    found = json.loads(run("info", "--json", captured.path).stdout)

    assert found["messages"] == captured.message_count
    assert found["size_bytes"] == captured.size_bytes
    assert found["metadata"] == {"pilothouse": {"robot_id": "r1"}}
    assert [one["topic"] for one in found["topics"]] == ["/odom", "/speed"]


def test_a_damaged_file_is_named_with_what_to_do_and_that_works(tmp_path: Path) -> None:
    cut = truncated(drone_flight(), tmp_path / "cut.mcap")

    looked, checked = run("info", cut), run("verify", cut)
    recovered = run("recover", cut)
    again = run("recover", cut)
    elsewhere = run("recover", cut, "-o", tmp_path / "b.mcap", "--json")

    assert (looked.returncode, checked.returncode) == (2, 2)
    for done in (looked, checked):
        assert len(done.stderr.splitlines()) == 1
        assert "pilothouse mcap recover" in done.stderr
    assert recovered.returncode == 0
    assert recovered.stdout.startswith(f"{tmp_path / 'cut.recovered.mcap'}: ")
    assert verify(tmp_path / "cut.recovered.mcap").ok
    assert again.returncode == 5
    assert "never overwritten" in again.stderr
    assert json.loads(elsewhere.stdout)["messages"] == verify(tmp_path / "b.mcap").message_count
    assert run("verify", tmp_path / "b.mcap").returncode == 0


def test_verify_answers_programs_in_json(tmp_path: Path) -> None:
    captured = write_flight(tmp_path / "a.mcap")
    cut = truncated(captured.path, tmp_path / "cut.mcap")

    good, bad = run("verify", "--json", captured.path), run("verify", "--json", cut)

    assert (good.returncode, bad.returncode) == (0, 2)
    assert json.loads(good.stdout)["ok"] is True
    assert json.loads(bad.stdout)["ok"] is False
    assert json.loads(bad.stdout)["problems"]


def test_files_that_are_not_there_or_hold_nothing_are_said_in_one_line(tmp_path: Path) -> None:
    empty = tmp_path / "empty.mcap"
    empty.touch()

    missing, nothing, hopeless = run("info", tmp_path / "no.mcap"), run("info", empty), run("recover", empty)

    assert (missing.returncode, nothing.returncode, hopeless.returncode) == (4, 2, 2)
    assert missing.stderr == f"pilothouse: There is no file {tmp_path / 'no.mcap'}.\n"
    for done in (nothing, hopeless):
        assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [empty]


def test_help_explains_every_command() -> None:
    help_text = run("--help").stdout

    for command in ("info", "verify", "recover"):
        assert command in help_text
        assert len(run(command, "--help").stdout.splitlines()) > 8
