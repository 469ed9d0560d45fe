"""The MQTT source against a second broker, amqtt, in an environment of its own (`make test` makes it)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from pilothouse.kit.clock import ManualClock
from pilothouse.mcap import Channel
from pilothouse.recorder.sources import SourceState
from pilothouse.recorder.sources.config import MqttConfig
from pilothouse.recorder.sources.mqtt import Mqtt
from tests.recorder.sources.test_mqtt import free_port, hearing, listens, robot, running
from tests.support.ears import listening
from tests.support.processes import eventually

AMQTT = Path(sys.executable).parents[1] / "amqtt/bin/amqtt"
ANYBODY = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}

pytestmark = pytest.mark.skipif(not AMQTT.exists(), reason="amqtt is not installed; `make .venv/amqtt/made.stamp`")


@contextmanager
def broker(directory: Path, port: int = 0) -> Iterator[int]:
    port = port or free_port()
    config = directory / "amqtt.yaml"
    listeners = {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}}
    config.write_text(yaml.safe_dump({"listeners": listeners, "plugins": ANYBODY}))
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen([AMQTT, "-c", config], stdout=log, stderr=log)
    try:
        eventually(lambda: listens(port), what="the broker")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def test_json_is_recorded_as_json_and_the_rest_as_bytes(tmp_path: Path) -> None:
    with broker(tmp_path) as port, hearing(port) as (runner, ear), robot(port) as client:
        running(runner)
        for topic, payload in (("arm/state", b'{"a": 1}'), ("arm/image", b"\xff\xd8")):
            client.publish(topic, payload, qos=1).wait_for_publish(10)
        eventually(lambda: len(ear.messages) == 2, what="the messages")

    assert ear.channels == [Channel("arm/state", "json"), Channel("arm/image", "bytes")]
    assert [content for *_, content, _ in ear.messages] == [b'{"a": 1}', b"\xff\xd8"]


def test_only_the_topics_of_the_filters_are_recorded(tmp_path: Path) -> None:
    config = {"filters": ("a/+", "b/#")}
    with broker(tmp_path) as port, robot(port) as client:
        source = Mqtt.open(MqttConfig.model_validate({"url": f"mqtt://127.0.0.1:{port}", **config}), ManualClock())
        with listening(source) as (runner, ear):
            running(runner)
            for topic in ("a/x", "a/x/y", "c", "b/x/y", "b/end"):
                client.publish(topic, b"1", qos=1).wait_for_publish(10)
            eventually(lambda: ear.of("b/end"), what="the last message")

    assert sorted(channel.topic for channel in ear.channels) == ["a/x", "b/end", "b/x/y"]


def test_every_message_of_a_burst_arrives_in_order(tmp_path: Path) -> None:
    with broker(tmp_path) as port, hearing(port) as (runner, ear), robot(port) as client:
        running(runner)
        for number in range(500):
            client.publish("burst", b"%d" % number, qos=1)
        eventually(lambda: len(ear.messages) == 500, what="every message")

    assert ear.of("burst") == [b"%d" % number for number in range(500)]


def test_a_broker_that_restarts_is_heard_again(tmp_path: Path) -> None:
    port = free_port()
    with hearing(port) as (runner, ear):
        eventually(lambda: runner.state is SourceState.RETRYING, what="the refusal")
        for count in (1, 2):
            with broker(tmp_path, port), robot(port) as client:
                running(runner)
                client.publish("a", b"%d" % count, qos=1).wait_for_publish(10)
                eventually(lambda count=count: len(ear.messages) == count, what="the next message")
            eventually(lambda: runner.state is SourceState.RETRYING, what="the loss to be shown")

    assert ear.of("a") == [b"1", b"2"]
