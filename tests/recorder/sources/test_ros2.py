"""The contract with rclpy, against one in memory that keeps the rules of DDS: no robot and no ROS was at hand."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.clock import SystemClock
from pilothouse.kit.errors import BadConfiguration
from pilothouse.recorder.losses import Ledger
from pilothouse.recorder.sources import SourceRunner, SourceState, open_source
from pilothouse.recorder.sources import ros2 as module
from pilothouse.recorder.sources.ament_definitions import AmentDefinitions
from pilothouse.recorder.sources.base import Content
from pilothouse.recorder.sources.config import Ros2Config
from pilothouse.recorder.sources.ros2 import Ros2
from pilothouse.recorder.sources.ros2_qos import LARGEST_DEPTH, SMALLEST_DEPTH, Offer, Request, request_for
from tests.support import fake_ros
from tests.support.ears import Ear, listening
from tests.support.fake_ros import DurabilityPolicy, Graph, ReliabilityPolicy
from tests.support.flights import float64_cdr
from tests.support.processes import eventually

FLOAT = "std_msgs/msg/Float64"
BEST_EFFORT = {"reliability": ReliabilityPolicy.BEST_EFFORT}
LATCHED = {"durability": DurabilityPolicy.TRANSIENT_LOCAL, "depth": 1}


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> Graph:
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    return fake_ros.install(monkeypatch)


class Listener(Ear):
    """An ear to which refusals happen."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: dict[str, str] = {}

    def refuse(self, topic: str, reason: str) -> None:
        self.refused.setdefault(topic, reason)


@contextmanager
def hearing(*, ledger: Ledger | None = None, **config: object) -> Iterator[tuple[SourceRunner, Ear]]:
    settings = Ros2Config.model_validate({"kind": "ros2", **config})
    with listening(open_source(settings, SystemClock()), ledger=ledger) as (runner, ear):
        yield runner, ear


def heard(graph: Graph, ear: Ear, topic: str, content: bytes = b"") -> None:
    content = content or float64_cdr(len(ear.messages))
    publisher = next(one for one in graph.publishers if one.topic == topic)
    eventually(lambda: graph.subscribed(topic), what=f"a subscription of {topic}")
    graph.publish(publisher, content)
    eventually(lambda: content in ear.of(topic), what=f"a message of {topic}")


def test_serialized_messages_are_recorded_as_they_are_with_their_definition(graph: Graph) -> None:
    graph.publisher("/speed", FLOAT)
    with hearing() as (runner, ear):
        heard(graph, ear, "/speed", float64_cdr(9.5))
        assert runner.state is SourceState.RUNNING

    channel = ear.by_topic()["/speed"]
    assert (channel.message_encoding, channel.schema and channel.schema.name) == ("cdr", FLOAT)
    assert channel.schema is not None
    assert channel.schema.data.split() == [b"float64", b"data"]
    assert graph.nodes[0].destroyed
    assert not graph.contexts[0].ok()


def test_a_best_effort_sensor_is_heard_and_asked_for_as_one(graph: Graph) -> None:
    graph.publisher("/scan", FLOAT, **BEST_EFFORT, depth=5)
    with hearing() as (_, ear):
        heard(graph, ear, "/scan")
        asked = graph.subscribed("/scan")

    assert asked is not None
    assert asked.qos.reliability == ReliabilityPolicy.BEST_EFFORT


def test_what_a_latched_topic_said_before_is_heard(graph: Graph) -> None:
    graph.publish(graph.publisher("/map", FLOAT, **LATCHED), b"the map")
    with hearing() as (_, ear):
        eventually(lambda: ear.of("/map") == [b"the map"], what="the map")


def test_with_mixed_publishers_all_of_them_are_heard(graph: Graph) -> None:
    reliable, lossy = graph.publisher("/mixed", FLOAT, **LATCHED), graph.publisher("/mixed", FLOAT, **BEST_EFFORT)
    with hearing() as (_, ear):
        eventually(lambda: graph.subscribed("/mixed"), what="the subscription")
        graph.publish(reliable, b"one")
        graph.publish(lossy, b"two")
        eventually(lambda: ear.of("/mixed") == [b"one", b"two"], what="both")


def test_a_late_topic_joins_by_itself(graph: Graph) -> None:
    graph.publisher("/speed", FLOAT)
    with hearing() as (_, ear):
        heard(graph, ear, "/speed")
        graph.publisher("/late", FLOAT)
        heard(graph, ear, "/late")


def test_a_late_publisher_that_would_not_be_heard_makes_the_topic_be_joined_anew(graph: Graph) -> None:
    graph.publisher("/scan", FLOAT)
    with hearing() as (_, ear):
        heard(graph, ear, "/scan", b"first")
        lossy = graph.publisher("/scan", FLOAT, **BEST_EFFORT)
        eventually(
            lambda: (one := graph.subscribed("/scan")) and one.qos.reliability == ReliabilityPolicy.BEST_EFFORT,
            what="the topic to be joined anew",
        )
        graph.publish(lossy, b"second")
        eventually(lambda: ear.of("/scan") == [b"first", b"second"], what="the late publisher")

    assert len(ear.channels) == 1


def test_one_topic_that_cannot_be_joined_stops_no_other(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    ear = Listener()
    monkeypatch.setattr("tests.support.ears.Ear", lambda: ear)
    graph.unknown_types.add("robot_msgs/msg/Secret")
    graph.publisher("/a_secret", "robot_msgs/msg/Secret")
    graph.publisher("/speed", FLOAT)
    with hearing() as (runner, _):
        heard(graph, ear, "/speed")
        graph.publisher("/late", FLOAT)
        heard(graph, ear, "/late")

        assert runner.refused == {"/a_secret"}
        assert runner.state is SourceState.RUNNING
        assert runner.restarts == 0


def test_a_callback_that_fails_stops_no_other(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    class Deaf(Ear):
        def message(
            self, channel_id: int, log_time_ns: int, content: Content, publish_time_ns: int | None = None
        ) -> None:
            if content == b"bad":
                raise ValueError("no")
            super().message(channel_id, log_time_ns, content, publish_time_ns)

    monkeypatch.setattr("tests.support.ears.Ear", Deaf)
    bad = graph.publisher("/bad", FLOAT)
    graph.publisher("/speed", FLOAT)
    with hearing(ledger=(ledger := Ledger(60))) as (runner, ear):
        eventually(lambda: graph.subscribed("/bad"), what="the subscription")
        graph.publish(bad, b"bad")
        graph.publish(bad, b"bad")
        heard(graph, ear, "/speed")

        assert (runner.restarts, runner.refused, ledger.rejected.counts) == (0, {"/bad"}, {"/bad": 2})


def test_topics_left_out_and_hidden_ones_are_not_joined(graph: Graph) -> None:
    for topic in ("/speed", "/debug/x", "/arm/_action/status"):
        graph.publisher(topic, FLOAT)
    with hearing(exclude=["/debug/*"]) as (_, ear):
        heard(graph, ear, "/speed")
        assert [one.topic for one in graph.subscriptions] == ["/speed"]
    with hearing(hidden=True) as (_, ear):
        heard(graph, ear, "/arm/_action/status")


def test_a_second_type_of_a_topic_is_named_and_the_first_recorded(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear = Listener()
    monkeypatch.setattr("tests.support.ears.Ear", lambda: ear)
    graph.publisher("/speed", FLOAT)
    graph.publisher("/speed", "std_msgs/msg/String")
    with hearing() as (runner, _):
        heard(graph, ear, "/speed")
        eventually(lambda: runner.refused == {"/speed"}, what="the second type to be named")


@pytest.mark.parametrize("is_humble", [False, True])
def test_what_the_middleware_says_it_lost_is_counted_per_topic(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, *, is_humble: bool
) -> None:
    if is_humble:
        monkeypatch.setitem(sys.modules, "rclpy.qos_event", sys.modules["rclpy.event_handler"])
        monkeypatch.setitem(sys.modules, "rclpy.event_handler", None)
    ledger = Ledger(60)
    for topic in ("/scan", "/speed"):
        graph.publisher(topic, FLOAT, **BEST_EFFORT)
    with hearing(ledger=ledger) as (runner, ear):
        for topic, counts in (("/scan", (3, 4)), ("/speed", ())):
            heard(graph, ear, topic)
            for count in counts:
                graph.lose(topic, count)
            heard(graph, ear, topic)
        assert not runner.progress.uncounted

    assert ledger.missed.counts == {"/scan": 7}


def test_a_middleware_that_does_not_tell_of_losses_is_heard_all_the_same_and_health_says_so(graph: Graph) -> None:
    graph.tells_of_losses = False
    graph.publisher("/scan", FLOAT)
    with hearing() as (runner, ear):
        heard(graph, ear, "/scan")

    assert runner.progress.uncounted == {"/scan"}


def test_a_domain_is_passed_on(graph: Graph) -> None:
    with hearing(domain_id=42) as (runner, _):
        eventually(lambda: runner.state is SourceState.RUNNING, what="the node")

        assert runner.name == "ros2:42"
        assert graph.contexts[-1].domain_id == 42


def test_ros_that_does_not_start_is_tried_again(graph: Graph) -> None:
    graph.refuses_to_start = True
    with hearing() as (runner, _):
        eventually(lambda: runner.restarts, what="another attempt")
        assert runner.error == "No connection to ROS 2: failed to initialize rcl: no middleware"
        graph.refuses_to_start = False
        eventually(lambda: runner.state is SourceState.RUNNING, what="the node")


def test_a_context_that_is_shut_down_is_made_anew(graph: Graph) -> None:
    graph.publisher("/speed", FLOAT)
    with hearing() as (runner, ear):
        heard(graph, ear, "/speed", b"before")
        graph.contexts[0].try_shutdown()
        graph.subscriptions.clear()
        eventually(lambda: runner.restarts, what="another context")
        heard(graph, ear, "/speed", b"after")


def test_without_ros_it_says_what_to_do() -> None:
    with pytest.raises(BadConfiguration, match=r"needs rclpy.*setup\.bash"):
        Ros2.open(Ros2Config(), SystemClock())


OFFERS = st.lists(st.builds(Offer, st.booleans(), st.booleans(), st.integers(0, 5000)), min_size=1, max_size=6)


@given(OFFERS)
def test_every_publisher_is_heard_and_no_more_is_given_up_than_needed(offers: list[Offer]) -> None:
    request = request_for(offers)

    assert request.hears(offers)
    assert SMALLEST_DEPTH <= request.depth <= LARGEST_DEPTH
    for more in (Request(True, request.transient_local, 1), Request(request.reliable, True, 1)):
        assert more.hears(offers) == (
            (more.reliable, more.transient_local) == (request.reliable, request.transient_local)
        )


def ros_installation(tmp_path: Path, **files: str) -> AmentDefinitions:
    for name, text in files.items():
        package, _, message = name.partition("__")
        path = tmp_path / "share" / package / "msg" / f"{message}.msg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return AmentDefinitions({"AMENT_PREFIX_PATH": f"/nowhere:{tmp_path}"})


def test_a_definition_is_read_from_the_installation_with_all_it_needs(tmp_path: Path) -> None:
    definitions = ros_installation(
        tmp_path,
        arm_msgs__Pose="# where\nstd_msgs/Header header\nPoint[<=4] points  # four\nint8 MODE=3\nstring<=10 name 'x'\n",
        arm_msgs__Point="float64[3] at\n",
        std_msgs__Header="builtin_interfaces/msg/Time stamp\nstring frame_id\n",
        builtin_interfaces__Time="int32 sec\nuint32 nanosec\n",
    )

    schema = definitions.schema("arm_msgs/msg/Pose")

    assert schema is not None
    text = schema.data.decode()
    assert text.startswith("# where\nstd_msgs/Header header\n")
    named = [line for line in text.splitlines() if line.startswith("MSG: ")]
    assert named == ["MSG: std_msgs/Header", "MSG: arm_msgs/Point", "MSG: builtin_interfaces/Time"]


def test_a_definition_read_from_the_installation_decodes(tmp_path: Path) -> None:
    from pilothouse.mcap import Channel, Decoders

    definitions = ros_installation(tmp_path, arm_msgs__Load="Share share\n", arm_msgs__Share="float64 value\n")
    decoded = Decoders().decode(Channel("/load", "cdr", definitions.schema("arm_msgs/msg/Load")), float64_cdr(0.5))

    assert getattr(decoded, "share", None) is not None or decoded["share"]["value"] == 0.5  # type: ignore[index]


@pytest.mark.parametrize("type_name", ["arm_msgs/msg/Absent", "arm_msgs/msg/Half", "nonsense", "a/srv/B"])
def test_what_is_not_installed_whole_is_not_made_up(type_name: str, tmp_path: Path) -> None:
    assert ros_installation(tmp_path, arm_msgs__Half="Absent one\n").schema(type_name) is None


def test_nothing_of_ros_is_imported_before_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *positional: object, **named: object) -> object:
        assert not name.startswith(("rclpy", "rosidl"))
        return real(name, *positional, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(BadConfiguration):
        open_source(Ros2Config(), SystemClock())
