"""A ROS 2 robot behind rmw_zenoh: joint states come in, joint trajectories go out."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from struct import pack
from typing import TYPE_CHECKING, Any, Protocol

from pilothouse.guard.adapters import ros
from pilothouse.guard.adapters.recorded import commanded, joint_state_of
from pilothouse.guard.model import Action, Observation
from pilothouse.guard.stackfile.adapters import ZenohPolicyConfig, ZenohSinkConfig, ZenohSourceConfig
from pilothouse.guard.stackfile.robot import RobotConfig
from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.logs import get_logger

if TYPE_CHECKING:
    import zenoh

log = get_logger("pilothouse.guard")


class _Link(Protocol):
    """What a session is opened with."""

    connect: tuple[str, ...]
    listen: tuple[str, ...]
    mode: str
    multicast: bool
    ros_domain_id: int
    config_file: Any


class _Session:
    """One Zenoh session, and the keys rmw_zenoh would use in it."""

    def __init__(self, config: Any, messages: ros.RosMessages, clock: Clock) -> None:
        import zenoh

        self._config: _Link = config
        self._clock = clock
        self._messages = messages
        self._sequence = 0
        self._publisher_id = os.urandom(16)
        self.zenoh: zenoh.Session = zenoh.open(self._zenoh_config())

    def _zenoh_config(self) -> zenoh.Config:
        import zenoh

        given = self._config
        config = zenoh.Config.from_file(str(given.config_file)) if given.config_file else zenoh.Config()
        config.insert_json5("mode", json.dumps(given.mode))
        for name, endpoints in (("connect", given.connect), ("listen", given.listen)):
            if endpoints:
                config.insert_json5(f"{name}/endpoints", json.dumps(endpoints))
        if not given.multicast:
            config.insert_json5("scouting/multicast/enabled", "false")
        return config

    def key(self, topic: str, type_name: str, *, type_hash: str) -> str:
        package, _, name = type_name.split("/")
        return f"{self._config.ros_domain_id}/{topic.strip('/')}/{package}::msg::dds_::{name}_/{type_hash}"

    def hear(self, topic: str, type_name: str, take: Callable[[bytes], None]) -> None:
        """Every message of a topic, on Zenoh's thread; one that cannot be read is said once and changes nothing."""

        troubled = threading.Event()

        def heard(sample: zenoh.Sample) -> None:
            try:
                take(sample.payload.to_bytes())
            except Exception as error:  # noqa: BLE001 - bytes of others, and a library with many ways to refuse them
                if not troubled.is_set():
                    troubled.set()
                    log.warning("messages of a topic cannot be understood", topic=topic, reason=str(error)[:200])

        self.zenoh.declare_subscriber(self.key(topic, type_name, type_hash="*"), heard)

    def publisher(self, topic: str, type_name: str) -> zenoh.Publisher:
        import zenoh

        return self.zenoh.declare_publisher(
            self.key(topic, type_name, type_hash=self._messages.type_hash(type_name)),
            congestion_control=zenoh.CongestionControl.DROP,
            priority=zenoh.Priority.REAL_TIME,
            express=True,
        )

    def say(self, publisher: zenoh.Publisher, content: bytes) -> None:
        """Publish with the attachment rmw_zenoh asks for: number, time, who."""
        self._sequence += 1
        publisher.put(content, attachment=pack("<qqB", self._sequence, self._clock.now_ns(), 16) + self._publisher_id)

    def close(self) -> None:
        self.zenoh.close()  # type: ignore[no-untyped-call]


class ZenohSource:
    """The newest joint states, with the newest images and hardware readings beside them."""

    def __init__(self, config: ZenohSourceConfig, robot: RobotConfig, clock: Clock) -> None:
        self._config = config
        self._robot = robot
        self._clock = clock
        self._messages = ros.RosMessages()
        self._session: _Session | None = None
        self._newest: Observation | None = None
        self._images: dict[str, bytes] = {}
        self._channels: dict[str, float] = {}

    def start(self) -> None:
        session = self._session = _Session(self._config, self._messages, self._clock)
        session.hear(self._config.joint_states, ros.JOINT_STATE, self._take_joints)
        for camera, topic in self._config.images.items():
            session.hear(topic, ros.COMPRESSED_IMAGE, self._taking_image(camera))
        for channel, topic in self._config.channels.items():
            session.hear(topic, ros.FLOAT64, self._taking_channel(channel))

    def read(self) -> Observation | None:
        newest = self._newest
        if newest is None or (not self._images and not self._channels):
            return newest
        return replace(newest, images=dict(self._images), channels={**newest.channels, **self._channels})

    def stop(self) -> None:
        if self._session is not None:
            self._session.close()

    def _take_joints(self, content: bytes) -> None:
        value = self._messages.joint_state(content)
        if not self._config.efforts:
            value["effort"] = []
        now_s = self._clock.now_ns() / NS_PER_S
        # None: of other joints. Several publishers may share the topic.
        self._newest = joint_state_of(value, self._robot, self._config.gripper_joint, now_s) or self._newest

    def _taking_image(self, camera: str) -> Callable[[bytes], None]:
        def take(content: bytes) -> None:
            message = self._messages.read(ros.COMPRESSED_IMAGE, content)
            if "jp" not in message.format.lower():
                raise ValueError(f"images in {message.format!r}; JPEG is understood")
            self._images[camera] = bytes(message.data)

        return take

    def _taking_channel(self, channel: str) -> Callable[[bytes], None]:
        def take(content: bytes) -> None:
            self._channels[channel] = float(self._messages.read(ros.FLOAT64, content).data)

        return take


class ZenohPolicy:
    """What a policy elsewhere published last, while it is fresh."""

    def __init__(self, config: ZenohPolicyConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._messages = ros.RosMessages()
        self._newest: tuple[int, dict[str, float]] | None = None
        self._session = _Session(config, self._messages, clock)
        self._session.hear(config.trajectory, ros.JOINT_TRAJECTORY, self._take)

    def predict(self, observation: Observation) -> Any:
        """The command by joint names; None when there is none that is fresh."""
        newest = self._newest
        if newest is None or self._clock.monotonic_ns() - newest[0] > self._config.max_age_s * NS_PER_S:
            return None
        return newest[1]

    def reset(self) -> None:
        self._newest = None

    def stop(self) -> None:
        self._session.close()

    def _take(self, content: bytes) -> None:
        now_ns = self._clock.monotonic_ns()
        self._newest = (now_ns, commanded(self._messages.trajectory(content), self._config.gripper_joint))


class ZenohSink:
    """Sends each action as a trajectory of one point.

    The emergency stop says so on its topic, and holds the last target; a controller that hears nothing more stands.
    """

    def __init__(self, config: ZenohSinkConfig, robot: RobotConfig, clock: Clock) -> None:
        self._config = config
        self._joints = robot.joint_names
        self._messages = ros.RosMessages()
        self._session = _Session(config, self._messages, clock)
        self._trajectory = self._session.publisher(config.trajectory, ros.JOINT_TRAJECTORY)
        self._alarm = self._session.publisher(config.emergency_stop, ros.BOOL)
        self._last: bytes | None = None
        # Made now: an emergency is no time to import anything.
        self._alarmed = self._messages.write_bool(value=True)

    def apply(self, action: Action) -> None:
        targets = dict(zip(self._joints, action.joint_positions, strict=True))
        if self._config.gripper_joint is not None and action.gripper is not None:
            targets[self._config.gripper_joint] = action.gripper
        self._last = self._messages.write_trajectory(targets, self._config.horizon_s)
        self._session.say(self._trajectory, self._last)

    def emergency_stop(self) -> None:
        self._session.say(self._alarm, self._alarmed)
        if self._last is not None:
            self._session.say(self._trajectory, self._last)

    def stop(self) -> None:
        self._session.close()
