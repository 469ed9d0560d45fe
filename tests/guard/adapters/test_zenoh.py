"""ROS 2 over Zenoh, against real Zenoh peers on loopback that speak as rmw_zenoh does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from struct import unpack_from
from typing import Any

import pytest
import zenoh

from pilothouse.guard.adapters import Adapters, open_adapters, ros
from pilothouse.guard.guardrail import Unmappable, action_of
from pilothouse.guard.model import Action, Observation
from pilothouse.guard.stackfile import Stackfile
from pilothouse.kit.clock import NS_PER_S, ManualClock
from tests.support.processes import eventually
from tests.support.stacks import two_joints

MESSAGES = ros.RosMessages()
STATES = f"0/joint_states/sensor_msgs::msg::dds_::JointState_/{MESSAGES.type_hash(ros.JOINT_STATE)}"
COMMANDS = "0/policy/commands/trajectory_msgs::msg::dds_::JointTrajectory_/RIHS01_x"
TRAJECTORY = (
    f"0/arm/joint_trajectory/trajectory_msgs::msg::dds_::JointTrajectory_/{MESSAGES.type_hash(ros.JOINT_TRAJECTORY)}"
)
ALARM = f"0/emergency_stop/std_msgs::msg::dds_::Bool_/{MESSAGES.type_hash(ros.BOOL)}"
IMAGE = ros.COMPRESSED_IMAGE
HERE = Observation(1.0, (0.0, 0.0))


def free_endpoint() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"tcp/127.0.0.1:{one.getsockname()[1]}"


@contextmanager
def robot(endpoint: str) -> Iterator[zenoh.Session]:
    config = zenoh.Config()
    config.insert_json5("scouting/multicast/enabled", "false")
    config.insert_json5("listen/endpoints", f'["{endpoint}"]')
    with zenoh.open(config) as session:
        yield session


def stack(endpoint: str, **changes: Any) -> Stackfile:
    link = {"type": "zenoh", "connect": endpoint, "multicast": False}

    def ear() -> dict[str, Any]:
        return {**link, "listen": free_endpoint()}

    return two_joints(
        sources={"arm": {**ear(), "gripper_joint": "fingers", **changes}},
        policy={**ear(), "trajectory": "/policy/commands", "gripper_joint": "fingers"},
        sinks={"arm": {**ear(), "trajectory": "/arm/joint_trajectory", "gripper_joint": "fingers"}},
    )


@contextmanager
def connected(stack: Stackfile, clock: ManualClock) -> Iterator[Adapters]:
    """Everything the Stackfile names; nothing is left open, for an open session can keep a process from ending."""
    adapters = open_adapters(stack, clock)
    try:
        yield adapters
    finally:
        for one in (*adapters.sources.values(), adapters.policy, *adapters.sinks.values()):
            one.stop()  # type: ignore[union-attr]


def heard_by(publisher: zenoh.Publisher) -> None:
    eventually(lambda: publisher.matching_status.matching, what="the subscription")


def test_joint_states_become_observations_in_the_order_of_the_joints() -> None:
    clock = ManualClock()
    with robot(endpoint := free_endpoint()) as session, ExitStack() as open_now:
        adapters = open_now.enter_context(connected(stack(endpoint, efforts=True), clock))
        source = adapters.sources["arm"]
        source.start()
        publisher = session.declare_publisher(STATES)
        heard_by(publisher)
        assert source.read() is None
        # Of other joints, then no message at all, then all of ours.
        publisher.put(MESSAGES.write_joint_state({"wheel": 1.0}, [0.0], 5 * NS_PER_S))
        publisher.put(b"nonsense")
        stamp_ns = 1_700_000_000_500_000_000
        positions = {"fingers": 0.03, "b": 0.5, "a": 0.25}
        publisher.put(MESSAGES.write_joint_state(positions, [0.0, 2.0, 1.0], stamp_ns))
        observation = eventually(source.read, what="the joint states")

    assert observation.joint_positions == (0.25, 0.5)
    assert observation.joint_velocities == (1.0, 2.0)
    assert observation.gripper == 0.03
    assert observation.timestamp == 1_700_000_000.5


def test_a_robot_without_stamps_is_observed_when_it_is_heard() -> None:
    clock = ManualClock()
    with robot(endpoint := free_endpoint()) as session, ExitStack() as open_now:
        adapters = open_now.enter_context(connected(stack(endpoint), clock))
        source = adapters.sources["arm"]
        source.start()
        publisher = session.declare_publisher(STATES)
        heard_by(publisher)
        publisher.put(MESSAGES.write_joint_state({"a": 1.0, "b": 2.0}, [], 0))
        observation = eventually(source.read, what="the joint states")

    assert observation.timestamp == clock.now_ns() / NS_PER_S
    assert observation.joint_velocities is None


def test_images_and_readings_come_beside_the_joints() -> None:
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.LATEST)
    types = store.types
    image = types[ros.COMPRESSED_IMAGE](
        header=MESSAGES._header(), format="jpeg", data=__import__("numpy").frombuffer(b"\xff\xd8jpeg", dtype="uint8")
    )
    reading = types[ros.FLOAT64](data=41.5)
    changes = {"images": {"top": "/camera/top"}, "channels": {"motor.temperature_c": "/motor/temperature"}}
    with robot(endpoint := free_endpoint()) as session, ExitStack() as open_now:
        adapters = open_now.enter_context(connected(stack(endpoint, **changes), ManualClock()))
        source = adapters.sources["arm"]
        source.start()
        for key, content in (
            ("0/camera/top/sensor_msgs::msg::dds_::CompressedImage_/x", store.serialize_cdr(image, IMAGE)),
            ("0/motor/temperature/std_msgs::msg::dds_::Float64_/x", store.serialize_cdr(reading, ros.FLOAT64)),
            (STATES, MESSAGES.write_joint_state({"a": 1.0, "b": 2.0}, [], 0)),
        ):  # fmt: skip
            publisher = session.declare_publisher(key)
            heard_by(publisher)
            publisher.put(bytes(content))

        def whole() -> Observation | None:
            found = source.read()
            return found if found is not None and found.images and found.channels else None

        observation = eventually(whole, what="everything")

    assert dict(observation.images) == {"top": b"\xff\xd8jpeg"}
    assert dict(observation.channels) == {"motor.temperature_c": 41.5}


def test_actions_leave_as_trajectories_that_rmw_zenoh_accepts_and_a_stop_says_so() -> None:
    said: list[tuple[str, bytes, bytes]] = []
    with robot(endpoint := free_endpoint()) as session, ExitStack() as open_now:
        session.declare_subscriber(
            "**", lambda one: said.append((str(one.key_expr), one.payload.to_bytes(), one.attachment.to_bytes()))
        )
        adapters = open_now.enter_context(connected(stack(endpoint), ManualClock()))
        sink = adapters.sinks["arm"]
        eventually(
            lambda: sink._trajectory.matching_status.matching and sink._alarm.matching_status.matching,  # type: ignore[attr-defined]
            what="the robot to listen",
        )
        sink.apply(Action((0.25, 0.5), 0.03))
        sink.emergency_stop()
        eventually(lambda: len(said) == 3, what="the messages")

    assert [key for key, _, _ in said] == [TRAJECTORY, ALARM, TRAJECTORY]
    store = MESSAGES._store
    trajectory = store.deserialize_cdr(said[0][1], ros.JOINT_TRAJECTORY)
    assert trajectory.joint_names == ["a", "b", "fingers"]
    assert trajectory.points[0].positions.tolist() == [0.25, 0.5, 0.03]
    assert trajectory.points[0].time_from_start.nanosec == 50_000_000
    assert store.deserialize_cdr(said[1][1], ros.BOOL).data is True
    assert said[2][1] == said[0][1], "the stop holds the last target"
    for number, (_, _, attachment) in enumerate(said, start=1):
        assert unpack_from("<qqB", attachment) == (number, ManualClock().now_ns(), 16)
        assert len(attachment) == 33


def test_a_policy_elsewhere_is_heard_while_it_is_fresh() -> None:
    clock = ManualClock()
    with robot(endpoint := free_endpoint()) as session, ExitStack() as open_now:
        adapters = open_now.enter_context(connected(stack(endpoint), clock))
        policy = adapters.policy
        assert policy.predict(HERE) is None
        publisher = session.declare_publisher(COMMANDS)
        heard_by(publisher)
        publisher.put(MESSAGES.write_trajectory({"b": 0.5, "a": 0.25, "fingers": 0.02}, 0.1))
        command = eventually(lambda: policy.predict(HERE), what="the command")
        assert action_of(command, two_joints().robot) == Action((0.25, 0.5), 0.02)

        clock.advance(0.6)
        assert policy.predict(HERE) is None

        publisher.put(MESSAGES.write_trajectory({"a": 0.25}, 0.1))
        partial = eventually(lambda: policy.predict(HERE), what="the partial command")
        with pytest.raises(Unmappable, match="lacks b"):
            action_of(partial, two_joints().robot)
        policy.reset()
        assert policy.predict(HERE) is None
