"""`recorder init` against the real flight and a real server: what it writes is checked, and runs."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import foxglove

from tests.support.flights import drone_flight
from tests.support.processes import eventually, pilothouse, ran


def recorder(*arguments: str | Path, code: int = 0) -> str:
    done = ran("recorder", *arguments)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def hears(config: Path, data: Path, wanted: set[str]) -> bool:
    with pilothouse("recorder", "run", "--config", config, "--data", data, "--port", "0") as program:

        def heard() -> bool:
            with urllib.request.urlopen(program.url + "/topics", timeout=30) as answer:
                return wanted <= set(json.load(answer)["topics"])

        return eventually(heard, what="messages")


def test_the_flight_is_surveyed_and_its_proposal_runs(tmp_path: Path) -> None:
    config = tmp_path / "robot" / "recorder.yaml"

    said = recorder("init", f"replay:{drone_flight()}", "--out", config, "--robot-id", "drone")

    assert "/groundtruth/pose  450 Hz, up to 84 bytes, geometry_msgs/msg/PoseStamped" in said
    assert "topics   /path: low priority" in recorder("check", config)
    assert hears(config, tmp_path / "data", {"/groundtruth/pose", "/path"})


@contextmanager
def speaking() -> Iterator[str]:
    """A robot with the Foxglove SDK that says something every few milliseconds."""
    context = foxglove.Context()
    server = foxglove.start_server(port=0, context=context)
    odometry = foxglove.Channel("/odom", message_encoding="json", context=context)
    camera = foxglove.Channel("/camera", message_encoding="json", context=context)
    stop = threading.Event()

    def speak() -> None:
        while not stop.wait(0.005):
            odometry.log(b'{"x": 1}')
            camera.log(b'"' + b"x" * 40_000 + b'"')

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield f"foxglove:ws://127.0.0.1:{server.port}"
    finally:
        stop.set()
        thread.join()
        server.stop()


def test_a_live_robot_is_surveyed_and_its_proposal_runs(tmp_path: Path) -> None:
    config = tmp_path / "recorder.yaml"
    with speaking() as line:
        said = recorder("init", line, "--out", config, "--seconds", "1")

        assert {one.split()[0] for one in said.splitlines()[-3:-1]} == {"/camera", "/odom"}
        assert hears(config, tmp_path / "data", {"/camera", "/odom"})
    assert 'match: "/camera"' in config.read_text()


def test_a_file_that_is_there_is_not_written_over_without_being_told(tmp_path: Path) -> None:
    config = tmp_path / "recorder.yaml"
    config.write_text("robot_id: mine\n")

    said = recorder("init", f"replay:{drone_flight()}", "--out", config, code=5)
    assert "--force" in said
    assert config.read_text() == "robot_id: mine\n"

    recorder("init", f"replay:{drone_flight()}", "--out", config, "--force")
    assert "replay:" in config.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["recorder.yaml"]


def test_a_silent_source_writes_nothing(tmp_path: Path) -> None:
    config = tmp_path / "recorder.yaml"

    said = recorder("init", "foxglove:ws://127.0.0.1:9", "--out", config, "--wait", "0.5", code=7)

    assert "Nothing was heard of foxglove:ws://127.0.0.1:9 in 0.5 s (No connection to" in said
    assert not config.exists()


def test_a_source_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    assert "cannot read the source" in recorder("init", "carrier:pigeon", "--out", tmp_path / "x.yaml", code=2)
