"""`pilothouse recorder` as a user runs it."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support.flights import write_flight
from tests.support.processes import PILOTHOUSE, eventually, pilothouse

MIB = 1 << 20


def ended(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PILOTHOUSE), "recorder", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )


def refused(*arguments: str | Path) -> str:
    """What a command that cannot start says: one line, exit code 2, nothing on standard output."""
    done = ended(*arguments)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_flight_is_recorded_captured_and_the_end_is_clean(tmp_path: Path) -> None:
    write_flight(tmp_path / "flight.mcap", seconds=12)
    flags = ("--source", f"replay:{tmp_path / 'flight.mcap'}", "--speed", "max", "--robot-id", "drone")
    with pilothouse(
        "recorder", "run", *flags, "--trigger", "/speed.data > 9", "--data", tmp_path / "data", "--port", "0"
    ) as program:
        last = eventually(lambda: _get(program.url, "/sessions/last"), what="the recording")
        assert program.stop() == 0

    assert last["session_id"].startswith("drone_")
    assert last["trigger"]["value"] == 9.1
    assert last["topics"] == ["/odom", "/speed"]
    assert Path(last["path"]).stat().st_size == last["size_bytes"]
    assert program.stdout.count("\n") == 1
    assert list((tmp_path / "data" / "spool").iterdir()) == []


def test_a_configuration_file_says_everything(tmp_path: Path) -> None:
    write_flight(tmp_path / "flight.mcap", seconds=2)
    config = tmp_path / "recorder.yaml"
    config.write_text(
        f"robot_id: r2\nport: 0\ndata: {tmp_path / 'data'}\n"
        f"sources: [{{kind: replay, path: {tmp_path / 'flight.mcap'}, speed: max}}]\n"
        "triggers: [{kind: threshold, topic: /speed, field: data, op: gte, value: 1, label: quick}]\n"
    )
    with pilothouse("recorder", "run", "--config", config) as program:
        last = eventually(lambda: _get(program.url, "/sessions/last"), what="the recording")

    assert (last["label"], last["session_id"][:3]) == ("quick", "r2_")


def test_the_end_comes_by_itself_in_the_middle_of_a_post_roll(tmp_path: Path) -> None:
    write_flight(tmp_path / "flight.mcap", seconds=3600, start_ns=0)
    config = tmp_path / "recorder.yaml"
    config.write_text("triggers: [{kind: threshold, topic: /speed, field: data, op: gte, value: 0, post_s: 600}]\n")
    flags = ("--config", config, "--source", f"replay:{tmp_path / 'flight.mcap'}", "--data", tmp_path / "data")
    with pilothouse("recorder", "run", *flags, "--port", "0") as program:
        eventually(lambda: _get(program.url, "/triggers")["pending"], what="the trigger")
        assert program.stop() == 0

    (recording,) = (tmp_path / "data" / "sessions").iterdir()
    assert recording.suffix == ".mcap"
    assert list((tmp_path / "data" / "spool").iterdir()) == []


def test_unknown_keys_in_a_configuration_name_the_nearest(tmp_path: Path) -> None:
    config = tmp_path / "recorder.yaml"
    config.write_text("triggers: [{kind: threshold, topic: /a, feild: b, op: gt, value: 1}]\n")

    for command in (("run", "--config", config), ("check", config)):
        assert "feild'; did you mean 'field'?" in refused(*command)


@pytest.mark.parametrize(
    ("flags", "part"),
    [
        (["--source", "replay:nowhere.mcap"], "nowhere.mcap"),
        (["--source", "camera:0"], "replay:FILE.mcap"),
        (["--speed", "4"], "--source"),
        (["--source", "replay:x.mcap", "--speed", "fast"], "--speed"),
        (["--trigger", "/speed > 9"], "TOPIC.FIELD"),
        (["--hub", "localhost:8000"], "hub_url"),
        (["--robot-id", "a b"], "robot_id"),
        (["--host", "0.0.0.0"], "PILOTHOUSE_RECORDER_TOKEN"),
        (["--config", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_what_cannot_start_says_what_to_change(flags: list[str], part: str, tmp_path: Path) -> None:
    assert part in refused("run", *flags, "--data", tmp_path / "data", "--port", "0")


def test_two_recorders_cannot_share_a_directory(tmp_path: Path) -> None:
    with pilothouse("recorder", "run", "--data", tmp_path, "--port", "0"):
        assert "--data" in refused("run", "--data", tmp_path, "--port", "0")


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert "file" in refused("run", "--data", tmp_path / "file", "--port", "0")


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with pilothouse("recorder", "run", "--data", tmp_path / "a", "--port", "0") as program:
        port = program.url.rpartition(":")[2]

        assert port in refused("run", "--data", tmp_path / "b", "--port", port)


def test_check_says_what_a_configuration_means(tmp_path: Path) -> None:
    config = tmp_path / "recorder.yaml"
    config.write_text(
        "robot_id: r2\nsources: [{kind: replay, path: f.mcap, speed: 4}]\nhub_url: http://hub:8000\n"
        "triggers: [{kind: threshold, topic: /speed, field: data, op: gt, value: 9, duration_s: 0.5, pre_s: 30}]\n"
    )

    done = ended("check", config)

    assert done.returncode == 0
    assert "robot r2, 60 s in 256 MiB" in done.stdout
    assert "f.mcap is not here" in done.stderr
    assert "replay f.mcap at 4x" in done.stdout
    assert "/speed.data > 9 for 0.5 s, 30 s before and 5 s after" in done.stdout
    assert "http://hub:8000" in done.stdout


def test_check_names_rules_whose_topics_are_thinned_out(tmp_path: Path) -> None:
    file = tmp_path / "recorder.yaml"
    file.write_text(
        "sources:\n"
        "- {kind: foxglove, url: 'ws://127.0.0.1:1', max_rate_hz: {/scan: 0.5}, exclude: [/hidden]}\n"
        "topics: [{match: '/imu*', max_rate_hz: 10}, {match: /hidden, max_rate_hz: 1}]\n"
        "triggers: [/imu.x > 9, /speed.x > 9, /hidden.x > 9, {kind: dropout, topic: /scan, max_gap_s: 1}]\n"
    )

    done = ended("check", file)

    said = "at most {} times a second: max_rate_hz thins it out before rules see it"
    assert done.stderr.splitlines() == [
        f"mind     /imu.x > 9 sees /imu {said.format(10)}",
        f"mind     /scan silent for more than 1 s sees /scan {said.format(0.5)}",
    ]
    assert done.returncode == 0


def test_check_says_when_nothing_would_be_recorded(tmp_path: Path) -> None:
    config = tmp_path / "recorder.yaml"
    for text, said in (("", "only what programs push is recorded"), ("push: false", "nothing is recorded")):
        config.write_text(text)

        assert f"source   none: {said}" in ended("check", config).stdout


def test_help_shows_an_example() -> None:
    assert "curl -X POST" in ended("run", "--help").stdout


def _get(url: str, path: str) -> dict[str, object]:
    try:
        with urllib.request.urlopen(url + path, timeout=30) as answer:
            return json.load(answer) if "json" in answer.headers["content-type"] else {}
    except urllib.error.HTTPError:
        return {}
