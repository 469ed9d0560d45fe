"""The Zenoh source against real Zenoh peers on loopback, which publish as rmw_zenoh does."""

from __future__ import annotations

import importlib.util
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import pack
from typing import Any

import pytest
import zenoh
from zenoh import ext

from pilothouse.kit.clock import ManualClock
from pilothouse.mcap import Decoders, Schema
from pilothouse.recorder.losses import Ledger
from pilothouse.recorder.problems import ExtraMissing
from pilothouse.recorder.sources import SourceRunner, SourceState
from pilothouse.recorder.sources.config import ZenohConfig
from pilothouse.recorder.sources.ros_definitions import RosDefinitions
from pilothouse.recorder.sources.zenoh import Zenoh
from pilothouse.recorder.sources.zenoh_keys import message_encoding, ros_key, stamp
from pilothouse.recorder.too_large import TooLarge
from tests.support.ears import Ear, listening, turned_away
from tests.support.flights import float64_cdr
from tests.support.processes import eventually

FLOAT64 = "std_msgs::msg::dds_::Float64_"
FLOAT64_HASH = "RIHS01_705ba9c3d1a09df43737eb67095534de36fd426c0587779bda2bc51fe790182a"
SPEED = f"0/robot/speed/{FLOAT64}/{FLOAT64_HASH}"
PUBLISHED_NS = 1_650_000_000_000_000_000
BLOCKING: dict[str, Any] = {"congestion_control": zenoh.CongestionControl.BLOCK}


def attachment(sequence: int, publisher: bytes = b"g" * 16, *, at_ns: int = PUBLISHED_NS) -> bytes:
    """As rmw_zenoh serializes it."""
    return pack("<qqB", sequence, at_ns, 16) + publisher


def free_endpoint() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"tcp/127.0.0.1:{one.getsockname()[1]}"


@contextmanager
def peer(endpoint: str) -> Iterator[zenoh.Session]:
    config = zenoh.Config()
    config.insert_json5("mode", '"peer"')
    config.insert_json5("scouting/multicast/enabled", "false")
    config.insert_json5("listen/endpoints", f'["{endpoint}"]')
    with zenoh.open(config) as session:
        yield session


@contextmanager
def hearing(
    endpoint: str, *, too_large: TooLarge | None = None, ledger: Ledger | None = None, **config: object
) -> Iterator[tuple[SourceRunner, Ear]]:
    values = {"connect": endpoint, "listen": free_endpoint(), "multicast": False, **config}
    source = Zenoh.open(ZenohConfig.model_validate(values), ManualClock())
    with listening(source, too_large=too_large, ledger=ledger) as (runner, ear):
        yield runner, ear


def heard_by(publisher: zenoh.Publisher) -> None:
    eventually(lambda: publisher.matching_status.matching, what="the subscription")


def test_a_ros_topic_is_recorded_with_its_type_definition_and_publish_time() -> None:
    with peer(endpoint := free_endpoint()) as robot, hearing(endpoint) as (runner, ear):
        publisher = robot.declare_publisher(SPEED)
        heard_by(publisher)
        publisher.put(float64_cdr(2.5), attachment=attachment(1))
        eventually(lambda: ear.messages, what="the message")

        assert runner.state is SourceState.RUNNING
    assert ear.messages == [("/robot/speed", ManualClock().now_ns(), float64_cdr(2.5), PUBLISHED_NS)]
    (channel,) = ear.channels
    assert (channel.message_encoding, channel.schema) == (
        "cdr",
        Schema("std_msgs/msg/Float64", "ros2msg", b"float64 data\n"),
    )
    assert Decoders().decode(channel, ear.messages[0][2]) == {"data": 2.5}


def test_what_a_latched_topic_said_before_is_recorded_once() -> None:
    key = "0/tf_static/tf2_msgs::msg::dds_::TFMessage_/RIHS01_x"
    with peer(endpoint := free_endpoint()) as robot:
        latched = ext.declare_advanced_publisher(
            robot,
            key,
            cache=ext.CacheConfig(max_samples=1),
            publisher_detection=True,
            sample_miss_detection=ext.MissDetectionConfig(),
        )
        latched.put(b"before", attachment=attachment(1))
        with hearing(endpoint) as (_, ear):
            eventually(lambda: ear.messages, what="the history")
            latched.put(b"after", attachment=attachment(2))
            eventually(lambda: b"after" in ear.of("/tf_static"), what="the next message")

    assert ear.of("/tf_static") == [b"before", b"after"]


def test_a_message_that_comes_twice_is_recorded_once() -> None:
    with peer(endpoint := free_endpoint()) as robot, hearing(endpoint) as (_, ear):
        publisher = robot.declare_publisher(SPEED)
        heard_by(publisher)
        for sequence, publisher_id in ((1, b"g"), (1, b"g"), (1, b"h"), (2, b"g")):
            publisher.put(float64_cdr(sequence), attachment=attachment(sequence, publisher_id * 16))
        eventually(lambda: float64_cdr(2) in ear.of("/robot/speed"), what="the last message")

    assert ear.of("/robot/speed") == [float64_cdr(1), float64_cdr(1), float64_cdr(2)]


def test_plain_keys_keep_their_encoding() -> None:
    encodings = {
        "arm/json": zenoh.Encoding.APPLICATION_JSON,
        "arm/text": zenoh.Encoding.TEXT_PLAIN,
        "arm/raw": zenoh.Encoding.ZENOH_BYTES,
    }
    with peer(endpoint := free_endpoint()) as robot, hearing(endpoint) as (_, ear):
        for key, encoding in encodings.items():
            publisher = robot.declare_publisher(key, encoding=encoding)
            heard_by(publisher)
            publisher.put(b'{"a": 1}')
        eventually(lambda: len(ear.messages) == 3, what="the messages")

    kinds = {topic: channel.message_encoding for topic, channel in ear.by_topic().items()}
    assert kinds == {"arm/json": "json", "arm/text": "text", "arm/raw": "bytes"}


def test_other_domains_and_topics_left_out_are_not_recorded() -> None:
    keys = [f"{domain}/{topic}/{FLOAT64}/{FLOAT64_HASH}" for domain in (0, 7) for topic in ("a", "b")]
    with peer(endpoint := free_endpoint()) as robot, hearing(endpoint, ros_domain_id=7, exclude=["/b"]) as (_, ear):
        publishers = [robot.declare_publisher(key) for key in keys]
        for number, publisher in enumerate(publishers):
            heard_by(publisher)
            publisher.put(float64_cdr(number))
        publishers[2].put(float64_cdr(99))
        eventually(lambda: float64_cdr(99) in ear.of("/a"), what="the last message")

    assert ear.of("/a") == [float64_cdr(2), float64_cdr(99)]
    assert ear.counts() == {"/a": 2}


def test_every_message_of_a_burst_arrives_in_order() -> None:
    with peer(endpoint := free_endpoint()) as robot, hearing(endpoint) as (_, ear):
        publisher = robot.declare_publisher("burst", congestion_control=zenoh.CongestionControl.BLOCK)
        heard_by(publisher)
        for number in range(10_000):
            publisher.put(b"%d" % number)
        publisher.put(b"x" * (1 << 20))
        eventually(lambda: len(ear.messages) == 10_001, what="every message")

    assert ear.of("burst")[:-1] == [b"%d" % number for number in range(10_000)]
    assert len(ear.of("burst")[-1]) == 1 << 20


def test_larger_messages_are_dropped_the_link_stays_and_another_budget_lets_them_in() -> None:
    too_large, counted = turned_away()
    with peer(endpoint := free_endpoint()) as robot, hearing(endpoint, too_large=too_large) as (runner, ear):
        publisher = robot.declare_publisher("grid", congestion_control=zenoh.CongestionControl.BLOCK)
        heard_by(publisher)
        for size in (1 << 20, 300_000, 256 << 10, 5):
            publisher.put(bytes(size))
        eventually(lambda: len(ear.messages) == 2, what="what is small enough")

        # Zenoh tells of what is a little too large only.
        assert ([len(one) for one in ear.of("grid")], counted.counts) == ([256 << 10, 5], {"grid": 1})
        too_large.use(8 << 20)

        def heard() -> bool:
            publisher.put(bytes(1 << 20))
            return len(ear.of("grid")[-1]) == 1 << 20

        eventually(heard, what="the larger message")
        assert runner.restarts == 0


def test_what_zenoh_drops_is_counted_per_topic_where_publishers_number_their_messages() -> None:
    (too_large, _), ledger = turned_away(), Ledger(60)
    with (
        peer(endpoint := free_endpoint()) as robot,
        hearing(endpoint, too_large=too_large, ledger=ledger, exclude=["/left_out"]) as (runner, ear),
    ):
        left_out = SPEED.replace("robot/speed", "left_out")
        rmw, other, plain = (robot.declare_publisher(key, **BLOCKING) for key in (SPEED, left_out, "plain"))
        numbered = ext.declare_advanced_publisher(
            robot, "numbered", sample_miss_detection=ext.MissDetectionConfig(heartbeat=None, sporadic_heartbeat=None),
            **BLOCKING,
        )  # fmt: skip
        for one in (rmw, other, plain):
            heard_by(one)
        # The first that is heard is the 7th; nobody has missed the six before.
        for sequence, size in ((7, 5), (8, 1 << 20), (9, 1 << 20), (10, 6), (11, 1 << 20)):
            rmw.put(bytes(size), attachment=attachment(sequence))
            other.put(bytes(size), attachment=attachment(sequence))
            plain.put(bytes(size))
            numbered.put(bytes(size))
        numbered.delete()
        eventually(lambda: len(ear.of("plain")) == 2 and ledger.missed.counts.get("numbered") == 3, what="all of it")

        # The last that was lost is known with the next; of a plain key nobody can tell, which health says.
        assert ledger.missed.counts == {"/robot/speed": 2, "numbered": 3}
        rmw.put(b"next", attachment=attachment(12))
        eventually(lambda: b"next" in ear.of("/robot/speed"), what="the next message")
        assert ledger.missed.counts == {"/robot/speed": 3, "numbered": 3}
        assert runner.progress.uncounted == {"plain"}
        # A publisher that starts anew counts from one again, under another name or its own.
        for sequence, publisher, later in ((1, b"h", 1), (2, b"h", 2), (1, b"g", 3), (3, b"g", 4)):
            rmw.put(b"anew", attachment=attachment(sequence, publisher * 16, at_ns=PUBLISHED_NS + later))
        eventually(lambda: ear.of("/robot/speed").count(b"anew") == 4, what="the new publishers")

    assert ledger.missed.counts == {"/robot/speed": 4, "numbered": 3}
    assert ear.counts() == {"/robot/speed": 7, "numbered": 2, "plain": 2}


def test_what_comes_late_is_recorded_and_missed_no_more_and_a_rate_limit_counts_nothing_twice() -> None:
    ledger = Ledger(60)
    with (
        peer(endpoint := free_endpoint()) as robot,
        hearing(endpoint, ledger=ledger, max_rate_hz={"/robot/speed": 0.001}) as (_, ear),
    ):
        fast, slow = (SPEED.replace("speed", "fast"), SPEED)
        publishers = [robot.declare_publisher(key, **BLOCKING) for key in (slow, fast)]
        for publisher in publishers:
            heard_by(publisher)
            for sequence in (1, 2, 5, 4, 4, 1, 6):
                publisher.put(b"%d" % sequence, attachment=attachment(sequence, at_ns=PUBLISHED_NS + sequence))
        eventually(lambda: b"6" in ear.of("/robot/fast"), what="the last message")

    assert (ear.of("/robot/fast"), ear.of("/robot/speed")) == ([b"1", b"2", b"5", b"4", b"6"], [b"1"])
    assert ledger.missed.counts == {"/robot/fast": 1, "/robot/speed": 1}
    assert ledger.missed.within(0, 2**63) == ledger.missed.counts
    assert ledger.thinned.counts == {"/robot/speed": 4}


def test_what_is_dropped_on_congestion_is_counted() -> None:
    ledger, go_on = Ledger(60), threading.Event()
    source = Zenoh.open(
        ZenohConfig.model_validate(
            {"connect": (endpoint := free_endpoint()), "listen": free_endpoint(), "multicast": False}
        ),
        ManualClock(),
    )
    with peer(endpoint) as robot, listening(source, ledger=ledger) as (_, ear):
        publisher = robot.declare_publisher(SPEED, congestion_control=zenoh.CongestionControl.DROP)
        heard_by(publisher)
        hear = ear.message

        def hear_when_there_is_time(*message: Any) -> None:
            go_on.wait(60)
            hear(*message)

        ear.message = hear_when_there_is_time  # type: ignore[method-assign]
        for sequence in range(1, 1001):
            publisher.put(bytes(60_000), attachment=attachment(sequence))
        go_on.set()
        last = robot.declare_publisher(SPEED, **BLOCKING)
        last.put(b"last", attachment=attachment(1001))
        eventually(lambda: b"last" in ear.of("/robot/speed"), what="the last message")

    came = len(ear.of("/robot/speed"))
    assert 1 < came < 1001
    assert ledger.missed.counts == {"/robot/speed": 1001 - came}


def test_a_peer_that_goes_and_comes_back_is_heard_again() -> None:
    endpoint = free_endpoint()
    with hearing(endpoint) as (runner, ear):
        with peer(endpoint) as robot:
            publisher = robot.declare_publisher(SPEED)
            heard_by(publisher)
            publisher.put(float64_cdr(1), attachment=attachment(1))
            eventually(lambda: runner.state is SourceState.RUNNING and ear.messages, what="the first message")
        eventually(lambda: runner.state is SourceState.RETRYING, what="the loss to be shown")
        assert runner.error is not None

        with peer(endpoint) as robot:
            publisher = robot.declare_publisher(SPEED)
            heard_by(publisher)
            publisher.put(float64_cdr(2), attachment=attachment(1, b"h" * 16))
            eventually(lambda: len(ear.messages) == 2, what="the second message")
            eventually(lambda: runner.state is SourceState.RUNNING, what="the source")


def test_a_missing_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pilothouse.recorder.sources.zenoh.find_spec", lambda name: None)

    with pytest.raises(ExtraMissing) as problem:
        Zenoh.open(ZenohConfig(), ManualClock())

    assert "pip install 'pilothouse[zenoh]'" in problem.value.sentence
    assert importlib.util.find_spec("zenoh")


def test_a_type_is_known_by_its_hash_and_otherwise_only_named() -> None:
    definitions = RosDefinitions()

    imu = definitions.schema("sensor_msgs/msg/Imu")
    assert imu.encoding == "ros2msg"
    assert b"MSG: geometry_msgs/Quaternion" in imu.data
    assert definitions.schema("std_msgs/msg/Float64", FLOAT64_HASH).data == b"float64 data\n"
    assert definitions.schema("std_msgs/msg/Float64", "TypeHashNotSupported").data == b"float64 data\n"
    assert definitions.schema("std_msgs/msg/Float64", "RIHS01_other") == Schema("std_msgs/msg/Float64", "", b"")
    assert definitions.schema("acme/msg/Arm") == Schema("acme/msg/Arm", "", b"")


def test_types_of_your_own_are_read_from_a_directory(tmp_path: Path) -> None:
    messages = tmp_path / "share" / "acme" / "msg"
    messages.mkdir(parents=True)
    (messages / "Arm.msg").write_text("std_msgs/Header header\nJoint[] joints\n")
    (messages / "Joint.msg").write_text("float64 angle\n")
    (messages / "Broken.msg").write_text("][\n")
    (messages / "Dangling.msg").write_text("Nowhere x\n")

    definitions = RosDefinitions([tmp_path])

    arm = definitions.schema("acme/msg/Arm")
    assert b"MSG: acme/Joint\nfloat64 angle" in arm.data
    assert definitions.schema("acme/msg/Broken").data == b""
    assert definitions.schema("acme/msg/Dangling").data == b""


@pytest.mark.parametrize(
    "key", ["robot/speed", "0/a", f"x/a/{FLOAT64}/h", f"0/{FLOAT64}/h", "0/add/srv_pkg::srv::dds_::Add_/h", "", "/"]
)
def test_other_keys_are_no_ros_topics(key: str) -> None:
    assert ros_key(key) is None


def test_encodings_and_attachments_of_others_are_harmless() -> None:
    kinds = [message_encoding(one) for one in ("application/json;x", "application/geo+json", "zenoh/string", "", "a/b")]
    assert kinds == ["json", "json", "text", "bytes", "bytes"]
    assert [stamp(one) for one in (b"", b"x" * 32, b"\0" * 33, b"x" * 34)] == [None] * 4
