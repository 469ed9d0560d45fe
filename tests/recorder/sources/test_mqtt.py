"""The MQTT source against a real broker: NATS with its MQTT side."""

from __future__ import annotations

import gc
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from pilothouse.kit.clock import ManualClock
from pilothouse.mcap import Channel
from pilothouse.recorder.problems import ExtraMissing
from pilothouse.recorder.sources import SourceRunner, SourceState
from pilothouse.recorder.sources.config import MqttConfig
from pilothouse.recorder.sources.mqtt import Mqtt, is_json
from pilothouse.recorder.too_large import TooLarge
from tests.support.ears import Ear, listening, turned_away
from tests.support.processes import eventually

NATS = Path(sys.executable).with_name("nats-server")
USERS = 'authorization { users = [{ user: "robot", password: "secret" }] }\n'


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def broker(directory: Path, port: int = 0, *, more: str = "", tls: str = "") -> Iterator[int]:
    port = port or free_port()
    config = directory / "nats.conf"
    config.write_text(
        f'listen: "127.0.0.1:{free_port()}"\nserver_name: broker\njetstream {{ store_dir: "{directory / "store"}" }}\n'
        f'mqtt {{ listen: "127.0.0.1:{port}"{tls} }}\n{more}'
    )
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen([NATS, "-c", config], stdout=log, stderr=log)
    try:
        eventually(lambda: listens(port), what="the broker")
        yield port
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def robot(port: int, username: str | None = None) -> Iterator[Client]:
    client = Client(CallbackAPIVersion.VERSION2)
    if username:
        client.username_pw_set(username, "secret")
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


@contextmanager
def hearing(port: int, *, too_large: TooLarge | None = None, **config: object) -> Iterator[tuple[SourceRunner, Ear]]:
    settings = MqttConfig.model_validate({"url": f"mqtt://127.0.0.1:{port}", **config})
    with listening(Mqtt.open(settings, ManualClock()), too_large=too_large) as (runner, ear):
        yield runner, ear


def running(runner: SourceRunner) -> None:
    eventually(lambda: runner.state is SourceState.RUNNING, what="the subscription")


def test_json_is_recorded_as_json_and_the_rest_as_bytes(tmp_path: Path) -> None:
    with broker(tmp_path) as port, hearing(port) as (runner, ear), robot(port) as client:
        running(runner)
        for topic, payload in (("arm/state", b'{"a": 1}'), ("arm/state", b"ON"), ("arm/image", b"\xff\xd8")):
            client.publish(topic, payload, qos=1).wait_for_publish(10)
        eventually(lambda: len(ear.messages) == 3, what="the messages")

    assert ear.channels == [Channel("arm/state", "json"), Channel("arm/state", "bytes"), Channel("arm/image", "bytes")]
    assert [content for *_, content, _ in ear.messages] == [b'{"a": 1}', b"ON", b"\xff\xd8"]
    assert {time_ns for _, time_ns, *_ in ear.messages} == {ManualClock().now_ns()}


def test_large_messages_arrive_and_larger_ones_are_counted_whatever_their_quality_of_service(tmp_path: Path) -> None:
    too_large, counted = turned_away(max_bytes=2 << 20)
    sizes = (100, 400_000, 512 << 10, (512 << 10) + 1, 900_000, 50)
    with (
        broker(tmp_path) as port,
        hearing(port, qos=2, exclude=["left/*"], too_large=too_large) as (runner, ear),
        robot(port) as client,
    ):
        running(runner)
        for qos in (0, 1, 2):
            for size in sizes:
                client.publish(f"map/{qos}", b"x" * size, qos=qos)
            client.publish("left/out", b"x" * 900_000, qos=qos)
        eventually(lambda: len(ear.messages) == 12, what="every message that is not too large")
        eventually(lambda: sum(counted.counts.values()) == 6, what="the others")

        assert runner.restarts == 0
    assert counted.counts == {"map/0": 2, "map/1": 2, "map/2": 2}
    for qos in (0, 1, 2):
        assert [len(one) for one in ear.of(f"map/{qos}")] == [100, 400_000, 512 << 10, 50]


def test_only_the_topics_of_the_filters_and_patterns_are_recorded(tmp_path: Path) -> None:
    with (
        broker(tmp_path) as port,
        robot(port) as client,
        listening(
            Mqtt.open(
                MqttConfig(url=f"mqtt://127.0.0.1:{port}", filters=("a/+", "b/#"), exclude=("b/secret/*",)),
                ManualClock(),
            )
        ) as (runner, ear),
    ):
        running(runner)
        for topic in ("a/x", "a/x/y", "b/secret/z", "c", "b/last"):
            client.publish(topic, b"1", qos=1).wait_for_publish(10)
        eventually(lambda: ear.counts()["b/last"], what="the last message")

    assert ear.counts() == {"a/x": 1, "b/last": 1}


def test_every_message_of_a_burst_arrives_in_order_and_a_large_one_whole(tmp_path: Path) -> None:
    with broker(tmp_path) as port, hearing(port) as (runner, ear), robot(port) as client:
        running(runner)
        for number in range(2_000):
            client.publish("burst", json.dumps(number), qos=1)
        client.publish("burst", b"x" * 900_000, qos=1).wait_for_publish(30)
        eventually(lambda: len(ear.messages) == 2_001, what="every message")

    assert ear.of("burst")[:-1] == [b"%d" % number for number in range(2_000)]
    assert ear.of("burst")[-1] == b"x" * 900_000


def test_what_was_said_while_the_recorder_was_away_is_kept_for_a_client_with_a_name(tmp_path: Path) -> None:
    with broker(tmp_path) as port, robot(port) as client:
        with hearing(port, client_id="recorder") as (runner, _):
            running(runner)
        client.publish("a", b"while away", qos=1).wait_for_publish(10)
        with hearing(port, client_id="recorder") as (_, ear):
            eventually(lambda: ear.messages, what="the message")

    assert ear.of("a") == [b"while away"]


def test_a_broker_that_restarts_is_heard_again(tmp_path: Path) -> None:
    with broker(tmp_path) as port, hearing(port) as (runner, ear), robot(port) as client:
        running(runner)
        client.publish("a", b"1", qos=1).wait_for_publish(10)
        eventually(lambda: ear.messages, what="the first message")
    with hearing(port) as (runner, ear):
        eventually(lambda: runner.state is SourceState.RETRYING, what="the refusal")
        assert f"No connection to mqtt://127.0.0.1:{port}" in (runner.error or "")
        for count in (1, 2):
            with broker(tmp_path, port), robot(port) as client:
                running(runner)
                client.publish("a", b"%d" % count, qos=1).wait_for_publish(10)
                eventually(lambda count=count: len(ear.messages) == count, what="the next message")
            eventually(lambda: runner.state is SourceState.RETRYING, what="the loss to be shown")

    assert ear.of("a") == [b"1", b"2"]


def test_the_password_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with broker(tmp_path, more=USERS) as port:
        monkeypatch.setenv("PILOTHOUSE_MQTT_PASSWORD", "wrong")
        with hearing(port, username="robot") as (runner, _):
            eventually(lambda: runner.error, what="the refusal")
            assert "the broker says" in (runner.error or "")
        monkeypatch.setenv("ROBOT_PASSWORD", "secret")
        with hearing(port, username="robot", password_variable="ROBOT_PASSWORD") as (runner, ear):
            running(runner)
            with robot(port, "robot") as client:
                client.publish("a", b"1", qos=1).wait_for_publish(10)
            eventually(lambda: ear.messages, what="the message")


def certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "certificate.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return directory / "certificate.pem", directory / "key.pem"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_is_heard_over_tls_and_one_without_a_known_certificate_is_not(tmp_path: Path) -> None:
    own, key = certificate(tmp_path)
    tls = f', tls {{ cert_file: "{own}", key_file: "{key}", timeout: 5 }}'
    with broker(tmp_path, tls=tls) as port:
        url = f"mqtts://127.0.0.1:{port}"
        with hearing(port, url=url) as (runner, _):
            eventually(lambda: runner.error, what="the refusal")
            assert "certificate verify failed" in (runner.error or "").lower()
        gc.collect()  # paho leaves the socket of a failed handshake to the collector, which warns
        with hearing(port, url=url, ca_file=own) as (runner, _):
            running(runner)


def test_a_missing_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pilothouse.recorder.sources.mqtt.find_spec", lambda name: None)

    with pytest.raises(ExtraMissing, match=r"pip install 'pilothouse\[mqtt\]'"):
        Mqtt.open(MqttConfig(url="mqtt://broker"), ManualClock())


@pytest.mark.parametrize("url", ["broker:1883", "mqtt://", "mqtt://user:secret@broker", "mqtt://broker/topic"])
def test_only_addresses_of_brokers_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        MqttConfig(url=url)


@pytest.mark.parametrize(
    ("content", "json"),
    [(b"{}", True), (b"23.5", True), (b" [1]", True), (b"", False), (b"{", False), (b"true!", False),
     (b'"\xff"', False), (b"[" * 100_000, False)],
)  # fmt: skip
def test_json_is_told_from_the_rest(content: bytes, json: bool) -> None:
    assert is_json(content) is json
