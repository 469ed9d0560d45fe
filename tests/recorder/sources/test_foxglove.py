"""The Foxglove source against the Foxglove SDK's own server, and against servers that misbehave."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import pack

import foxglove
import pytest
from foxglove.messages import Log
from foxglove.websocket import WebSocketServer
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from pilothouse.mcap import Decoders, Schema
from pilothouse.recorder.sources import SourceRunner, SourceState
from pilothouse.recorder.sources.config import FoxgloveConfig
from pilothouse.recorder.sources.foxglove import Foxglove
from pilothouse.recorder.too_large import TooLarge
from tests.recorder.sources.test_mqtt import certificate
from tests.support.ears import Ear, listening, turned_away
from tests.support.flights import FLOAT64, float64_cdr
from tests.support.processes import eventually

START_NS = 1_700_000_000_000_000_000
FLOAT64_CDR = foxglove.Schema(name=FLOAT64.name, encoding=FLOAT64.encoding, data=FLOAT64.data)


class Robot:
    """A program with the Foxglove SDK, and a source that listens to it."""

    def __init__(self, port: int = 0, *, backlog: int | None = None) -> None:
        self.context = foxglove.Context()
        self._port, self._backlog = port, backlog
        # Right after a server's end its port may still be taken.
        self.server = eventually(self._started, what="the port")

    def _started(self) -> WebSocketServer | None:
        try:
            return foxglove.start_server(port=self._port, context=self.context, message_backlog_size=self._backlog)
        except RuntimeError:
            return None

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}"

    def channel(self, topic: str, *, encoding: str = "json", schema: foxglove.Schema | None = None) -> foxglove.Channel:
        return foxglove.Channel(topic, schema=schema, message_encoding=encoding, context=self.context)


@contextmanager
def robot(port: int = 0, *, backlog: int | None = None) -> Iterator[Robot]:
    one = Robot(port, backlog=backlog)
    try:
        yield one
    finally:
        one.server.stop()


@contextmanager
def hearing(
    url: str, *, ping_s: float = 10.0, too_large: TooLarge | None = None, **config: object
) -> Iterator[tuple[SourceRunner, Ear]]:
    settings = FoxgloveConfig.model_validate({"url": url, **config})
    with listening(Foxglove(settings, ping_s=ping_s), too_large=too_large) as (runner, ear):
        yield runner, ear


def subscribed(channel: foxglove.Channel) -> None:
    eventually(channel.has_sinks, what="the subscription")


def test_json_cdr_and_protobuf_are_recorded_as_they_are() -> None:
    with robot() as one:
        text, number = one.channel("/text"), one.channel("/number", encoding="cdr", schema=FLOAT64_CDR)
        logs = foxglove.channels.LogChannel("/log", context=one.context)
        with hearing(one.url) as (runner, ear):
            eventually(lambda: text.has_sinks() and number.has_sinks() and logs.has_sinks(), what="subscriptions")
            text.log(b'{"a":1}', log_time=START_NS)
            number.log(float64_cdr(2.5), log_time=START_NS + 1)
            logs.log(Log(message="hello", name="me"), log_time=START_NS + 2)
            eventually(lambda: len(ear.messages) == 3, what="the messages")

        found = {topic: (log_time_ns, content) for topic, log_time_ns, content, _ in ear.messages}
        channels = ear.by_topic()
    assert found["/text"] == (START_NS, b'{"a":1}')
    assert found["/number"] == (START_NS + 1, float64_cdr(2.5))
    assert channels["/number"].schema == FLOAT64
    assert channels["/text"].message_encoding == "json"
    schema = channels["/log"].schema
    assert schema is not None
    assert (schema.name, schema.encoding, channels["/log"].message_encoding) == ("foxglove.Log", "protobuf", "protobuf")
    decoded = Decoders().decode(channels["/log"], found["/log"][1])
    assert isinstance(decoded, dict)
    assert decoded["message"] == "hello"
    assert runner.progress.messages == 3


def test_a_late_channel_joins_and_a_left_out_one_is_never_subscribed() -> None:
    with robot() as one:
        first, secret = one.channel("/first"), one.channel("/secret")
        with hearing(one.url, exclude=["/secret"]) as (_, ear):
            subscribed(first)
            late = one.channel("/late")
            subscribed(late)
            late.log(b"{}")
            eventually(lambda: ear.counts()["/late"], what="the message")

            assert not secret.has_sinks()


def test_a_channel_that_goes_and_comes_with_another_schema_is_recorded_as_another() -> None:
    with robot() as one, hearing(one.url) as (_, ear):
        for count, name in enumerate(("one", "two"), start=1):
            schema = foxglove.Schema(name=name, encoding="jsonschema", data=b'{"type": "object"}')
            channel = one.channel("/same", schema=schema)
            subscribed(channel)
            channel.log(b"{}")
            eventually(lambda count=count: len(ear.messages) == count, what="the message")
            channel.close()
        names = [channel.schema.name for channel in ear.channels if channel.schema]
    assert names == ["one", "two"]


def test_a_message_overtaken_by_the_end_of_its_channel_is_recorded() -> None:
    channel = {"id": 1, "topic": "/a", "encoding": "json", "schemaName": "", "schema": ""}

    def speak(connection: ServerConnection) -> None:
        connection.send(json.dumps({"op": "advertise", "channels": [channel]}))
        (wanted,) = json.loads(connection.recv())["subscriptions"]
        connection.send('{"op": "unadvertise", "channelIds": [1]}')
        connection.send(pack("<BIQ", 1, wanted["id"], START_NS) + b"{}")
        connection.recv()

    with serving(speak) as url, hearing(url) as (_, ear):
        eventually(lambda: ear.messages, what="the message")


def test_two_thousand_messages_a_second_arrive_without_a_loss() -> None:
    rate_hz, seconds = 2_000, 3
    with robot() as one, hearing(one.url) as (_, ear):
        channels = [one.channel(f"/small/{number}") for number in range(4)]
        for channel in channels:
            subscribed(channel)
        begun = time.monotonic()
        for number in range(rate_hz * seconds):
            channels[number % 4].log(b'{"n":%d}' % number, log_time=START_NS + number)
            if (ahead_s := begun + number / rate_hz - time.monotonic()) > 0.002:
                time.sleep(ahead_s)  # the pace of the robot, not a wait for anything
        eventually(lambda: len(ear.messages) >= rate_hz * seconds, deadline_s=30, what="every message")

    assert [log_time_ns for _, log_time_ns, _, _ in ear.messages] == [START_NS + n for n in range(rate_hz * seconds)]
    assert {json.loads(content)["n"] for _, _, content, _ in ear.messages} == set(range(rate_hz * seconds))


def test_a_large_message_arrives_whole() -> None:
    content = b'"' + b"x" * (1 << 20) + b'"'
    with robot() as one, hearing(one.url) as (_, ear):
        channel = one.channel("/large")
        subscribed(channel)
        channel.log(content)
        eventually(lambda: ear.messages, what="the message")

    assert ear.of("/large") == [content]


def test_a_server_that_restarts_is_heard_again() -> None:
    with robot() as one:
        port = one.server.port
        channel = one.channel("/a")
        with hearing(one.url) as (runner, ear):
            subscribed(channel)
            channel.log(b'"before"')
            eventually(lambda: ear.messages, what="the first message")
            one.server.stop()
            eventually(lambda: runner.state is SourceState.RETRYING, what="the loss to be shown")
            assert "No connection to ws://" in (runner.error or "")

            with robot(port) as two:
                again = two.channel("/a")
                subscribed(again)
                again.log(b'"after"')
                eventually(lambda: len(ear.messages) == 2, what="the second message")
                assert (runner.state, runner.error) == (SourceState.RUNNING, None)
                assert runner.restarts >= 1
    assert ear.of("/a") == [b'"before"', b'"after"']


def test_a_server_that_comes_late_is_found() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with hearing(f"ws://127.0.0.1:{port}") as (runner, ear):
        eventually(lambda: runner.state is SourceState.RETRYING, what="the first refusal")
        with robot(port) as one:
            channel = one.channel("/a")
            subscribed(channel)
            channel.log(b"{}")
            eventually(lambda: ear.messages, what="the message")


@contextmanager
def serving(
    speak: Callable[[ServerConnection], None],
    *,
    subprotocol: str | None = "foxglove.websocket.v1",
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """A server that speaks as a test wants, in the older subprotocol."""
    offered = [Subprotocol(subprotocol)] if subprotocol else None
    choose = None if subprotocol else (lambda connection, subprotocols: None)
    with serve(speak, "127.0.0.1", 0, subprotocols=offered, select_subprotocol=choose, ssl=tls) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"{'wss' if tls else 'ws'}://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join(30)


def test_a_server_is_heard_over_tls_if_its_certificate_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)

    def speak(connection: ServerConnection) -> None:
        advertised = {"id": 1, "topic": "/a", "encoding": "json", "schemaName": "", "schema": ""}
        connection.send(json.dumps({"op": "advertise", "channels": [advertised]}))
        subscription = json.loads(connection.recv())["subscriptions"][0]["id"]
        connection.send(pack("<BIQ", 1, subscription, START_NS) + b"{}")
        for _ in connection:
            pass

    with serving(speak, tls=context) as url:
        with hearing(url) as (runner, _):
            eventually(lambda: runner.error, what="the refusal")
            assert "certificate verify failed" in (runner.error or "")
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        with hearing(url) as (runner, ear):
            eventually(lambda: ear.messages, what="the message")
            assert runner.state is SourceState.RUNNING


def test_the_older_subprotocol_is_spoken_and_a_missing_schema_encoding_is_guessed() -> None:
    channels = [
        {"id": 7, "topic": "/a", "encoding": "cdr", "schemaName": FLOAT64.name, "schema": FLOAT64.data.decode()},
        {"id": 8, "topic": "/b", "encoding": "json", "schemaName": "", "schema": ""},
        {"id": 9, "topic": "/c", "encoding": "protobuf", "schemaName": "c", "schema": base64.b64encode(b"\1").decode()},
    ]

    def speak(connection: ServerConnection) -> None:
        connection.send(json.dumps({"op": "serverInfo", "name": "old"}))
        connection.send(json.dumps({"op": "advertise", "channels": channels}))
        for _ in channels:
            (wanted,) = json.loads(connection.recv())["subscriptions"]
            connection.send(pack("<BIQ", 1, wanted["id"], START_NS) + b"%d" % wanted["channelId"])
        connection.recv()

    with serving(speak) as url, hearing(url) as (_, ear):
        eventually(lambda: len(ear.messages) == 3, what="the messages")

    assert [(topic, content) for topic, _, content, _ in ear.messages] == [("/a", b"7"), ("/b", b"8"), ("/c", b"9")]
    schemas = {topic: channel.schema for topic, channel in ear.by_topic().items()}
    assert schemas == {"/a": FLOAT64, "/b": None, "/c": Schema("c", "protobuf", b"\1")}


def test_a_subscription_that_comes_too_early_for_the_server_is_tried_again() -> None:
    channel = {"id": 1, "topic": "/a", "encoding": "json", "schemaName": "", "schema": ""}

    def speak(connection: ServerConnection) -> None:
        connection.send(json.dumps({"op": "advertise", "channels": [channel]}))
        for _ in range(3):
            connection.recv()
            connection.send('{"op": "status", "level": 2, "message": "Unknown channel ID: 1"}')
        (wanted,) = json.loads(connection.recv())["subscriptions"]
        connection.send(pack("<BIQ", 1, wanted["id"], START_NS) + b"{}")
        connection.recv()

    with serving(speak) as url, hearing(url) as (_, ear):
        eventually(lambda: ear.messages, what="the message")


def test_nonsense_from_a_server_stops_nothing() -> None:
    good = {"id": 1, "topic": "/good", "encoding": "json", "schemaName": "", "schema": ""}
    bad = {"id": 2, "topic": "/bad", "encoding": "protobuf", "schemaName": "x", "schema": "%%%"}
    frames: list[str | bytes] = [
        "not json", "[]", '{"op": 5}', "[" * 100_000, b"", b"\1\0", b"\xff" * 40, pack("<BIQ", 1, 77, 0),
        '{"op": "advertise", "channels": 5}', '{"op": "advertise", "channels": [5, {"id": "x"}, {}]}',
        json.dumps({"op": "advertise", "channels": [bad, good]}), '{"op": "unadvertise", "channelIds": [99, "x"]}',
        '{"op": "status", "level": "high"}', '{"op": "status", "level": 2, "message": "Unknown channel ID: 5"}',
        '{"op": "status", "level": 2, "message": "slow client"}',
    ]  # fmt: skip

    def speak(connection: ServerConnection) -> None:
        for frame in frames:
            connection.send(frame)
        (wanted,) = json.loads(connection.recv())["subscriptions"]
        connection.send(pack("<BIQ", 1, wanted["id"], START_NS) + b"{}")
        connection.recv()

    with serving(speak) as url, hearing(url) as (runner, ear):
        eventually(lambda: ear.messages, what="the good message")

        assert runner.restarts == 0
        assert "/bad" in runner.refused
    assert ear.counts() == {"/good": 1}


def test_a_server_of_something_else_is_named() -> None:
    with serving(lambda connection: None, subprotocol=None) as url, hearing(url) as (runner, _):
        eventually(lambda: runner.error, what="the refusal")

        assert "it speaks none of foxglove.sdk.v1" in (runner.error or "")


def test_a_peer_that_falls_silent_is_noticed() -> None:
    silent = threading.Event()

    def speak(connection: ServerConnection) -> None:
        connection.socket.close()  # stands for a cable that came off: no closing handshake
        silent.set()

    with serving(speak) as url, hearing(url, ping_s=0.1) as (runner, _):
        assert silent.wait(30)
        eventually(lambda: runner.restarts, what="another attempt")


def test_messages_above_the_limit_are_counted_and_pass_by_without_harm() -> None:
    quarter, (too_large, counted) = 256 << 10, turned_away()

    def speak(connection: ServerConnection) -> None:
        channel = {"id": 1, "topic": "/map", "encoding": "raw"}
        connection.send(json.dumps({"op": "advertise", "channels": [channel]}))
        (wanted,) = json.loads(connection.recv())["subscriptions"]
        head = pack("<BIQ", 1, wanted["id"], START_NS)
        for size in (100, quarter, quarter + 1, 10 * quarter, 200):
            connection.send(head + b"x" * size)
        # In frames of its own each part is small enough, and the message is not.
        for parts, size in ((3, quarter // 3), (3, quarter // 2), (2, 2 * quarter), (4, 100)):
            connection.send([head, *[b"x" * size] * parts])
        connection.recv()

    with serving(speak) as url, hearing(url, too_large=too_large) as (runner, ear):
        eventually(lambda: len(ear.messages) == 5, what="the others")

        assert runner.restarts == 0
    assert [len(one) for one in ear.of("/map")] == [100, quarter, 200, quarter // 3 * 3, 400]
    assert counted.counts == {"/map": 4}


def test_a_text_above_the_limit_ends_the_connection_and_says_so() -> None:
    def speak(connection: ServerConnection) -> None:
        connection.send("x" * 100_000)
        connection.recv()

    with serving(speak) as url, hearing(url, max_message_bytes=80_000) as (runner, _):
        eventually(lambda: "exceeds limit of 80000 bytes" in (runner.error or ""), what="the limit")


@pytest.mark.parametrize("url", ["http://robot:8765", "robot:8765", "ws://"])
def test_only_websocket_addresses_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        FoxgloveConfig.model_validate({"url": url})
