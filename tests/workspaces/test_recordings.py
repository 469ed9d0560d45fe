"""Recordings in a session, played there with nothing of ours installed."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pilothouse.workspaces import Shown, recordings_shown
from pilothouse.workspaces.replay import main
from tests.support.flights import drone_flight, write_flight
from tests.support.processes import eventually
from tests.support.sandboxed import Sandboxed, sandboxed


@pytest.fixture
async def sandbox(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Sandboxed]:
    async with sandboxed(tmp_path) as running:
        yield running


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    write_flight(tmp_path / "arm.mcap", seconds=1)
    return recordings_shown({"arm_1": tmp_path / "arm.mcap", "drone_1": drone_flight()})


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    place = tmp_path / "tree"
    place.mkdir()
    return place


@pytest.mark.anyio
async def test_recordings_are_read_only_and_named(sandbox: Sandboxed, shown: Shown, tree: Path) -> None:
    script = "echo $PILOTHOUSE_RECORDING $PILOTHOUSE_RECORDINGS; echo x >> $PILOTHOUSE_RECORDING; rm -f /recordings/*"

    ending, output = await sandbox.run(["sh", "-c", script], tree, shown)

    assert ending.exit_code != 0
    assert output.startswith("/recordings/arm_1.mcap /recordings/arm_1.mcap:/recordings/drone_1.mcap\n")
    assert "Read-only" in output
    assert drone_flight().exists()


@pytest.mark.anyio
async def test_a_flight_plays_decoded_and_filtered_into_a_command(sandbox: Sandboxed, shown: Shown, tree: Path) -> None:
    program = "import json, sys\nm = [json.loads(l) for l in sys.stdin]\n"
    program += "print(len(m), {x['topic'] for x in m}, round(max(x['message']['data'] for x in m), 2))\nsys.exit(9)\n"
    words = ["pilothouse-replay", "drone_1", "--speed", "max", "--topic", "/speed", "--start", "15", "--"]

    ending, output = await sandbox.run([*words, "python3", "-c", program], tree, shown)

    assert ending.exit_code == 9
    assert output.endswith("{'/speed'} 9.51")


@pytest.mark.anyio
async def test_a_reader_that_leaves_ends_the_replay_quietly(sandbox: Sandboxed, shown: Shown, tree: Path) -> None:
    script = "pilothouse-replay drone_1 --speed max --loop | head -2 | wc -l"

    ending, output = await sandbox.run(["sh", "-c", script], tree, shown)

    assert (ending.exit_code, output) == (0, "2")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("words", "sentence"),
    [(["none_1"], "There is no recording none_1"), (["--speed", "0"], "a number above 0"), (["/etc/passwd"], "")],
)
async def test_what_cannot_be_played_is_said(
    words: list[str], sentence: str, sandbox: Sandboxed, shown: Shown, tree: Path
) -> None:
    ending, output = await sandbox.run(["pilothouse-replay", *words], tree, shown)

    assert ending.exit_code == 2
    assert sentence in output
    assert "Traceback" not in output


def test_messages_come_at_their_pace(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A tenth of a second of flight, ten times as fast; what is asked for is asked of the clock, not of the test."""
    write_flight(tmp_path / "arm.mcap", seconds=1)
    waits: list[float] = []
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr("pilothouse.workspaces.replay.time.sleep", waits.append)
        assert main([str(tmp_path / "arm.mcap"), "--speed", "10", "--topic", "/speed", "--raw"]) == 0

    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert len(lines) == 10
    assert {"topic", "log_time_ns", "encoding", "base64"} <= lines[0].keys()
    assert waits[-1] == pytest.approx(0.09, abs=0.05)


def test_a_flight_is_published_over_zenoh(tmp_path: Path) -> None:
    zenoh = pytest.importorskip("zenoh")
    write_flight(tmp_path / "arm.mcap", seconds=1)
    heard: list[tuple[str, bytes, str]] = []
    config = zenoh.Config()
    with socket.create_server(("127.0.0.1", 0)) as free:
        endpoint = f"tcp/127.0.0.1:{free.getsockname()[1]}"
    config.insert_json5("listen/endpoints", json.dumps([endpoint]))
    config.insert_json5("scouting/multicast/enabled", "false")
    with zenoh.open(config) as session:
        subscriber = session.declare_subscriber(
            "robot/**", lambda one: heard.append((str(one.key_expr), one.payload.to_bytes(), str(one.encoding)))
        )
        words = [str(tmp_path / "arm.mcap"), "--zenoh", "--prefix", "robot", "--speed", "max", "--topic", "/speed"]
        playing = threading.Thread(target=main, args=([*words, "--connect", endpoint, "--wait", "30"],))
        playing.start()
        eventually(lambda: len(heard) == 10, what="ten messages", deadline_s=40)
        playing.join(30)
        subscriber.undeclare()

    assert heard[0] == ("robot/speed", b'{"data": 0.0}', "application/json")
