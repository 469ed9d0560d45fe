"""Sources that flap, change their minds, or say more than anybody expected: nobody else loses anything by it."""

from __future__ import annotations

import json
import random
import struct
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import foxglove
import pytest
from websockets.sync.server import ServerConnection, serve

from pilothouse.mcap import Channel, Decoders, Keep, Ring, Schema, open_recording, verify, write_capture
from pilothouse.recorder.backoff import Backoff
from pilothouse.recorder.sources import SourceState
from tests.support.flights import NS_PER_S, START_NS, json_channel
from tests.support.processes import Program, eventually, pilothouse
from tests.support.readers import read_by_index
from tests.support.robots import FAST, running_robot

MIB = 1 << 20
FLAPS = 50
ONE_CONNECTION = 8
ADVERTISED = {
    "op": "advertise",
    "channels": [{"id": 1, "topic": "/flap", "encoding": "json", "schemaName": "", "schema": ""}],
}

# Programs that start and end many times, on a machine that may do much else meanwhile.
pytestmark = pytest.mark.timeout(600)


@contextmanager
def flapping(times: int) -> Iterator[tuple[str, threading.Event]]:
    """A server that says one message to each of its first connections and cuts it; then it keeps one."""
    left = iter(range(times))
    release = threading.Event()

    def answer(connection: ServerConnection) -> None:
        connection.send(json.dumps({"op": "serverInfo", "name": "flapping", "capabilities": []}))
        connection.send(json.dumps(ADVERTISED))
        subscription = json.loads(connection.recv())["subscriptions"][0]["id"]
        number = next(left, None)
        connection.send(struct.pack("<BIQ", 1, subscription, START_NS) + b"{}")
        if number is None:
            release.wait(60)

    with serve(answer, "127.0.0.1", 0, subprotocols=["foxglove.websocket.v1"]) as server:  # type: ignore[list-item]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"foxglove:ws://127.0.0.1:{server.socket.getsockname()[1]}", release
        finally:
            release.set()
            server.shutdown()
            thread.join()


def threads_and_files() -> tuple[int, int]:
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def test_a_source_that_dies_fifty_times_costs_nobody_a_message_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pilothouse.recorder.sources.runner.Backoff", lambda: Backoff(initial_s=0.01, maximum_s=0.02))
    with flapping(FLAPS) as (line, _), running_robot(tmp_path, sources=[line]) as robot:
        (runner,) = robot.recorder.sources
        said, before, pace = 0, (0, 0), threading.Event()
        while runner.progress.connections <= FLAPS or runner.state is not SourceState.RUNNING:
            robot.say(said / 10_000, said, topic="/steady")
            pace.wait(0.0005)
            said += 1
            if runner.restarts >= FLAPS // 5 and before == (0, 0):
                before = threads_and_files()
        eventually(lambda: runner.progress.messages == FLAPS + 1, what="the last message")
        # Most connections lie between the two looks; one may be open, at both of its ends, in one of them.
        eventually(
            lambda: all(one <= other + ONE_CONNECTION for one, other in zip(threads_and_files(), before, strict=True)),
            what="the end of the connections",
        )
        health = robot.recorder.answers.health().sources[0]
        topics = robot.recorder.answers.topics().topics
        row = robot.recorder.save("after")
        path = robot.path(row)

    assert health.restarts == FLAPS
    assert health.state is SourceState.RUNNING
    assert topics["/flap"].message_count == FLAPS + 1
    assert topics["/steady"].message_count == said
    assert sum(one.dropped for one in topics.values()) == 0
    with open_recording(path) as recording:
        values = [json.loads(one.content)["data"] for one in recording.messages(topics=["/steady"])]
    assert values == list(range(said))


def test_a_topic_whose_schema_changes_is_captured_under_both_and_its_rule_goes_on(tmp_path: Path) -> None:
    name = "robot/msg/Speed"
    old = Channel("/speed", "cdr", Schema(name, "ros2msg", b"float64 data\n"))
    new = Channel("/speed", "cdr", Schema(name, "ros2msg", b"float64 data\nuint8 gear\n"))
    with running_robot(tmp_path, triggers=[FAST]) as robot:
        sink = robot.recorder.pipeline
        for number in range(20):
            channel = old if number < 10 else new
            value = struct.pack("<d", 10 if number == 15 else 1) + (b"" if number < 10 else bytes([number]))
            content = b"\x00\x01\x00\x00" + value
            sink.message(sink.channel(channel), START_NS + number * NS_PER_S // 10, content)
        robot.say(5)
        (row,) = robot.sealed()
        path = robot.path(row)
        undecodable = robot.recorder.answers.topics().topics["/speed"].undecodable

    decoders = Decoders()
    with open_recording(path) as recording:
        decoded = [
            (one.channel, decoders.decode(one.channel, one.content)) for one in recording.messages(topics=["/speed"])
            if one.channel.message_encoding == "cdr"
        ]  # fmt: skip
    assert row.label == "/speed.data > 9"
    assert undecodable == 0
    assert [channel.schema for channel, _ in decoded] == [old.schema] * 10 + [new.schema] * 10
    assert "gear" in str(decoded[-1][1])
    assert "gear" not in str(decoded[0][1])
    assert verify(path).ok
    assert len(read_by_index(path)) == len(decoded)


def test_one_message_beyond_the_whole_budget_is_counted_and_costs_small_topics_nothing() -> None:
    huge = random.Random(3).randbytes(64 * MIB)
    with Ring(window_s=60, max_bytes=16 * MIB, keep=lambda _: Keep()) as ring:
        state, camera = ring.add_channel(json_channel("/state")), ring.add_channel(json_channel("/camera"))
        for number in range(100):
            ring.append(state, START_NS + number, b"{}")
        ring.append(camera, START_NS + 100, huge)
        ring.append(state, START_NS + 101, b"{}")
        ring.seal()

        assert ring.topics()["/camera"].dropped == 1
        assert ring.topics()["/state"].dropped == 0
        assert ring.resident_bytes <= 16 * MIB


def get(program: Program, path: str, body: bytes | None = None) -> Any:
    with urllib.request.urlopen(urllib.request.Request(program.url + path, body), timeout=60) as answer:
        return json.load(answer)


def test_a_real_recorder_keeps_a_message_of_64_mebibytes_whole(tmp_path: Path) -> None:
    huge = random.Random(3).randbytes(64 * MIB)
    context = foxglove.Context()
    server = foxglove.start_server(port=0, context=context)
    try:
        channels = [foxglove.Channel(name, message_encoding="json", context=context) for name in ("/huge", "/small")]
        source = f"foxglove:ws://127.0.0.1:{server.port}"
        with pilothouse("recorder", "run", "--source", source, "--data", tmp_path, "--port", "0") as program:
            eventually(lambda: all(one.has_sinks() for one in channels), what="the subscriptions")
            for content in (b"1", huge, b"2"):
                channels[content is not huge].log(content)
            eventually(lambda: get(program, "/healthz")["buffer_size"] == 3, what="all three")
            saved = get(program, "/sessions/save", b"{}")
            assert program.stop() == 0
    finally:
        server.stop()

    assert verify(Path(saved["path"])).ok
    with open_recording(Path(saved["path"])) as recording:
        assert sorted(len(one.content) for one in recording.messages()) == [1, 1, 64 * MIB]
        assert next(one.content for one in recording.messages(topics=["/huge"])) == huge


def test_a_real_recorder_outlives_a_source_that_flaps(tmp_path: Path) -> None:
    times = 8
    with (
        flapping(times) as (line, _),
        pilothouse("recorder", "run", "--source", line, "--data", tmp_path, "--port", "0") as program,
    ):
        said = 0

        def speak() -> None:
            nonlocal said
            line = json.dumps({"topic": "/steady", "data": said}).encode()
            said += get(program, "/messages", line)["accepted"]

        def source() -> Any:
            speak()
            (found,) = get(program, "/healthz")["sources"]
            return found["messages"] == times + 1 and found

        found = eventually(source, what="the last message")
        speak()  # a save ends with what was said last, and the clock of the other source is years behind
        saved = get(program, "/sessions/save", b"{}")
        dropped = [one["dropped"] for one in get(program, "/topics")["topics"].values()]
        assert program.stop() == 0

    assert (found["state"], found["restarts"], found["error"]) == ("running", times, None)
    assert dropped == [0, 0]
    with open_recording(Path(saved["path"])) as recording:
        assert [json.loads(one.content) for one in recording.messages(topics=["/steady"])] == list(range(said))
    assert verify(Path(saved["path"])).ok


def test_a_real_recorder_keeps_a_topic_whose_schema_changes_under_both(tmp_path: Path) -> None:
    context = foxglove.Context()
    server = foxglove.start_server(port=0, context=context)
    try:
        source = f"foxglove:ws://127.0.0.1:{server.port}"
        with pilothouse("recorder", "run", "--source", source, "--data", tmp_path, "--port", "0") as program:
            for count, fields in enumerate((["data"], ["data", "gear"]), start=1):
                text = json.dumps({"type": "object", "required": fields})
                schema = foxglove.Schema(name="Speed", encoding="jsonschema", data=text.encode())
                channel = foxglove.Channel("/speed", schema=schema, message_encoding="json", context=context)
                eventually(channel.has_sinks, what="the subscription")
                channel.log(json.dumps(dict.fromkeys(fields, count)).encode())
                eventually(lambda count=count: get(program, "/healthz")["buffer_size"] == count, what="the message")
                channel.close()
            saved = get(program, "/sessions/save", b"{}")
            assert program.stop() == 0
    finally:
        server.stop()

    assert verify(Path(saved["path"])).ok
    with open_recording(Path(saved["path"])) as recording:
        said = [(json.loads(one.content), one.channel.schema) for one in recording.messages()]
    assert [content for content, _ in said] == [{"data": 1}, {"data": 2, "gear": 2}]
    assert [json.loads(schema.data)["required"] for _, schema in said if schema] == [["data"], ["data", "gear"]]


def peak_bytes(program: Program) -> int:
    lines = Path(f"/proc/{program.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def minute(path: Path) -> None:
    """Sixty seconds of a camera at 30 Hz and 1,000 small messages a second, none of it compressible: 184 MiB."""
    chance = random.Random(9)
    with Ring(window_s=1e6, max_bytes=1 << 30, latched=lambda _: False) as ring:
        small = [ring.add_channel(json_channel(f"/state/{number}")) for number in range(20)]
        camera = ring.add_channel(json_channel("/camera"))
        for number in range(60_000):
            at_ns = START_NS + number * NS_PER_S // 1000
            ring.append(small[number % 20], at_ns, chance.randbytes(150))
            if number % 33 == 0:
                ring.append(camera, at_ns, chance.randbytes(100_000))
        write_capture(ring.snapshot(0, 2**63), path, metadata={})


@pytest.mark.parametrize("window", [64 * MIB, 128 * MIB])
def test_the_memory_of_a_real_recorder_stays_within_its_window_and_sixty_mebibytes(tmp_path: Path, window: int) -> None:
    minute(tmp_path / "minute.mcap")
    config = tmp_path / "recorder.yaml"
    config.write_text(f"max_bytes: {window}\nsources: [{{kind: replay, path: {tmp_path}/minute.mcap, speed: max}}]\n")
    with pilothouse("recorder", "run", "--config", config, "--data", tmp_path / "data", "--port", "0") as program:
        eventually(lambda: get(program, "/healthz")["sources"][0]["state"] == "ended", what="the end of the minute")
        get(program, "/sessions/save", b"{}")
        peak, health = peak_bytes(program), get(program, "/healthz")
        topics = get(program, "/topics")["topics"]
        assert program.stop() == 0

    assert health["buffer_bytes"] > 0.9 * window, "it was full"
    assert peak <= 1.2 * window + 60 * MIB, f"{peak / MIB:.0f} MiB"
    assert sum(one["dropped"] for topic, one in topics.items() if topic != "/camera") == 0
    assert topics["/camera"]["dropped"] > 0
