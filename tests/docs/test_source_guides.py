"""The page of each source holds: its peer runs as printed, its commands find what it says, a recorder records it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pilothouse.mcap import Decoders, open_recording
from tests.recorder.sources.test_mqtt import broker, free_port
from tests.support.flights import write_flight
from tests.support.processes import Program, eventually, pilothouse

PAGES = Path(__file__).parents[2] / "docs/guides/sources"
BIN = Path(sys.executable).parent


def page(kind: str) -> str:
    return (PAGES / f"{kind}.md").read_text(encoding="utf-8")


def blocks(kind: str, language: str, port: int | None = None) -> list[str]:
    """The examples of a page, at a port that is free."""
    found = re.findall(rf"```{language}\n(.*?)```", page(kind), re.DOTALL)
    return [one if port is None else re.sub(r"\b(8765|7447|1883)\b", str(port), one) for one in found]


def run(command: str, directory: Path, **env: str) -> str:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-ec", command], cwd=directory, env={**os.environ, "PATH": path, **env}, text=True,
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, (command, done)
    return done.stdout


@contextmanager
def speaking(kind: str, port: int, directory: Path) -> Iterator[None]:
    """The robot of the page, in a process of its own."""
    (script,) = blocks(kind, "python", port)
    (directory / "robot.py").write_text(script)
    process = subprocess.Popen([sys.executable, directory / "robot.py"])
    try:
        yield
        assert process.poll() is None, "the robot ended by itself"
    finally:
        process.kill()
        process.wait(30)


def get(program: Program, path: str, body: bytes | None = None) -> Any:
    with urllib.request.urlopen(urllib.request.Request(program.url + path, body), timeout=60) as answer:
        return json.load(answer)


def heard(program: Program) -> set[str]:
    return {topic for topic, one in get(program, "/topics")["topics"].items() if one["message_count"]}


def recorded(directory: Path, *topics: str) -> dict[str, object]:
    """A recorder runs with what `init` proposed until it has heard these; one decoded message of each."""
    flags = ("--config", directory / "recorder.yaml", "--data", directory / "data", "--port", "0")
    with pilothouse("recorder", "run", *flags, cwd=directory) as program:
        # A topic is known before its first message has come.
        eventually(lambda: set(topics) <= heard(program), what="messages of the topics")
        saved = get(program, "/sessions/save", b"{}")
        assert get(program, "/healthz")["ok"]
        assert program.stop() == 0
    decoders = Decoders()
    with open_recording(Path(saved["path"])) as recording:
        return {
            one.channel.topic: decoders.decode(one.channel, one.content)
            for one in recording.messages(topics=list(topics))
        }


def test_a_replay_is_looked_at_and_played_as_its_page_says(tmp_path: Path) -> None:
    write_flight(tmp_path / "flight.mcap", seconds=2)

    (command,) = blocks("replay", "bash")
    said = run(command, tmp_path)

    assert "replay" in said
    assert "recorder.yaml is fine" in said
    assert recorded(tmp_path, "/speed")


def test_the_foxglove_robot_of_the_page_is_heard(tmp_path: Path) -> None:
    port = free_port()
    (command,) = blocks("foxglove", "bash", port)
    with speaking("foxglove", port, tmp_path):
        said = run(command, tmp_path)
        heard = recorded(tmp_path, "/speed")

    assert "/speed" in said
    assert f"foxglove ws://127.0.0.1:{port}" in said
    assert heard == {"/speed": {"data": 1.5}}


def test_the_zenoh_robot_of_the_page_is_heard(tmp_path: Path) -> None:
    port = free_port()
    (command,) = blocks("zenoh", "bash", port)
    with speaking("zenoh", port, tmp_path):
        said = run(command, tmp_path)
        heard = recorded(tmp_path, "/speed", "arm/state")

    assert "/speed" in said
    assert heard["arm/state"] == {"joint": 0.3}
    assert heard["/speed"] == {"data": 1.5}


def test_the_mqtt_robot_of_the_page_is_heard(tmp_path: Path) -> None:
    with broker(tmp_path) as port, speaking("mqtt", port, tmp_path):
        (command,) = blocks("mqtt", "bash", port)
        said = run(command, tmp_path)
        heard = recorded(tmp_path, "robots/r2/speed")

    assert "robots/r2/speed" in said
    assert heard == {"robots/r2/speed": {"data": 1.5}}


def test_a_ros2_configuration_is_checked_without_ros(tmp_path: Path) -> None:
    (configuration,), (command,) = blocks("ros2", "yaml"), blocks("ros2", "bash")
    (tmp_path / "recorder.yaml").write_text(configuration)

    assert "ros2 domain 0" in run(command, tmp_path)
    flags = ("--config", "recorder.yaml", "--data", "data", "--port", "0")
    refused = subprocess.run(
        [BIN / "pilothouse", "recorder", "run", *flags], cwd=tmp_path, text=True, capture_output=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert refused.returncode == 2
    assert "The source ros2 needs rclpy" in refused.stderr
    assert "The source ros2 needs rclpy" in page("ros2")


def test_everything_on_the_page_of_push_works_as_printed(tmp_path: Path) -> None:
    (expected,) = blocks("push", "json")
    (agent,) = blocks("push", "python")
    with pilothouse("recorder", "run", "--data", tmp_path / "data", "--port", "0") as program:
        answers = [json.loads(run(command, tmp_path, RECORDER=program.url)) for command in blocks("push", "bash")]
        (tmp_path / "agent.py").write_text(agent)
        said = run(f"{sys.executable} agent.py", tmp_path, RECORDER=program.url)
        topics = get(program, "/topics")["topics"]
        saved = get(program, "/sessions/save", b"{}")
        assert program.stop() == 0
    with open_recording(Path(saved["path"])) as recording:
        thoughts = [json.loads(one.content)["text"] for one in recording.messages(topics=["/agent/thought"])]
        (speed,) = recording.messages(topics=["/speed"])

    assert answers[0] == json.loads(expected)
    assert [one["accepted"] for one in answers] == [2, 1]
    assert said.count("'accepted': 1") == 3
    assert set(topics) == {"/battery", "/plan", "/speed", "/agent/thought"}
    assert thoughts == ["see the shelf", "reach", "grasp failed"]
    assert speed.channel.schema is not None
    assert speed.channel.schema.name == "std_msgs/msg/Float64"
    assert len(speed.content) == 12


@pytest.mark.parametrize("kind", ["foxglove", "zenoh", "mqtt"])
def test_what_a_page_says_of_health_is_what_health_says(kind: str, tmp_path: Path) -> None:
    line = {"foxglove": "ws://127.0.0.1:{}", "zenoh": "tcp/127.0.0.1:{}", "mqtt": "mqtt://127.0.0.1:{}"}[kind]
    source = f"{kind}:{line.format(free_port())}"
    with pilothouse("recorder", "run", "--source", source, "--data", tmp_path, "--port", "0") as program:
        if kind == "zenoh":  # it starts without anybody there, and waits
            status = eventually(lambda: get(program, "/healthz")["sources"][0], what="the source")
            assert status["state"] in ("starting", "retrying")
        else:
            status = eventually(lambda: (one := get(program, "/healthz")["sources"][0])["error"] and one, what="why")
            assert "refused" in status["error"]
        assert program.stop() == 0
