"""ROS 2 by its own client library, where that can be imported: serialized messages of every topic, as they are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

from pilothouse.kit.clock import Clock
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Channel, Schema
from pilothouse.recorder.problems import PeerLost, RosMissing
from pilothouse.recorder.sources.ament_definitions import AmentDefinitions
from pilothouse.recorder.sources.base import UNTOLD_PART, LiveSource, SourceSink
from pilothouse.recorder.sources.config import Ros2Config
from pilothouse.recorder.sources.gate import NOWHERE
from pilothouse.recorder.sources.ros2_qos import Offer, Request, request_for
from pilothouse.recorder.sources.ros_definitions import RosDefinitions

# How often it is looked for topics and publishers that are new.
LOOK_S = 1.0
SPIN_S = 0.1
# The middleware has a message, and rclpy once more: the next of its size may come while one is taken.
COPIES = 2

log = get_logger("pilothouse.recorder")


@dataclass(slots=True)
class _Joined:
    """A topic that is subscribed."""

    type_name: str
    request: Request
    subscription: Any


class Ros2(LiveSource):
    """A node of its own in a context of its own. What one topic does wrong stays with that topic."""

    def __init__(self, config: Ros2Config, clock: Clock) -> None:
        super().__init__(f"ros2:{'' if config.domain_id is None else config.domain_id}", config.selection)
        self._config = config
        self._clock = clock
        self._ament = AmentDefinitions()
        self._definitions = RosDefinitions(config.definitions)
        self._joined: dict[str, _Joined] = {}
        self._failed: set[tuple[str, str]] = set()
        self._held_bytes = 0

    @classmethod
    def open(cls, config: Ros2Config, clock: Clock) -> Ros2:
        """Raises RosMissing."""
        if find_spec("rclpy") is None:
            raise RosMissing
        return cls(config, clock)

    def _listen(self, sink: SourceSink, stop: threading.Event) -> None:
        import rclpy
        from rclpy.context import Context
        from rclpy.executors import SingleThreadedExecutor

        self._joined, self._failed, self._held_bytes = {}, set(), sink.most_bytes // UNTOLD_PART
        sink.hold(self._held_bytes)
        context = Context()
        try:
            # A context of its own leaves the process its signals.
            rclpy.init(context=context, domain_id=self._config.domain_id)
            node = rclpy.create_node(
                self._config.node_name, context=context, enable_rosout=False, start_parameter_services=False
            )
            executor = SingleThreadedExecutor(context=context)
            executor.add_node(node)
        except Exception as error:
            context.try_shutdown()
            raise PeerLost(peer="ROS 2", reason=" ".join(str(error).split()) or type(error).__name__) from error
        try:
            self._has_connected()
            self._spin(node, executor, context, sink, stop)
        finally:
            executor.shutdown(timeout_sec=SPIN_S)
            node.destroy_node()
            context.try_shutdown()

    def _spin(self, node: Any, executor: Any, context: Any, sink: SourceSink, stop: threading.Event) -> None:
        look_at_ns = 0
        while not stop.is_set():
            if not context.ok():
                raise PeerLost(peer="ROS 2", reason="its context was shut down")
            if self._clock.monotonic_ns() >= look_at_ns:
                self._look(node, sink)
                look_at_ns = self._clock.monotonic_ns() + round(LOOK_S * 1e9)
            executor.spin_once(timeout_sec=SPIN_S)

    def _look(self, node: Any, sink: SourceSink) -> None:
        """Join topics that are new, and join again where a publisher has come that would not be heard."""
        for topic, types in node.get_topic_names_and_types():
            if not self.selection.wants(topic) or (_is_hidden(topic) and not self._config.hidden):
                continue
            for type_name in types[:1]:
                self._attempt(partial(self._follow, node, topic, type_name, sink), topic, sink)
            for type_name in types[1:]:
                self._fail(topic, f"it is spoken with the type {type_name} as well, which is not recorded", sink)

    def _follow(self, node: Any, topic: str, type_name: str, sink: SourceSink) -> None:
        endpoints = node.get_publishers_info_by_topic(topic)
        offers = [_offer(one.qos_profile) for one in endpoints]
        known = self._joined.get(topic)
        if not offers or (topic, type_name) in self._failed:
            return
        if known is not None and known.type_name == type_name and known.request.hears(offers):
            return
        request = request_for(offers)
        channel_id = sink.channel(Channel(topic, "cdr", self._schema(type_name, _hash(endpoints))))
        if channel_id <= NOWHERE:
            self._failed.add((topic, type_name))
            return
        if known is not None:
            node.destroy_subscription(known.subscription)
            log.info("a topic is joined anew, for another publisher", topic=topic)
        if not request.transient_local and any(one.transient_local for one in offers):
            log.warning("what was said before on a topic of mixed durability is not heard", topic=topic)
        # Cleared when it works: what cannot be subscribed once is not tried every second.
        self._failed.add((topic, type_name))
        lose = self._lose(topic, sink)
        subscription = self._subscribe(node, topic, type_name, request, self._hear(channel_id, sink), lose)
        self._failed.discard((topic, type_name))
        self._joined[topic] = _Joined(type_name, request, subscription)

    def _subscribe(
        self, node: Any, topic: str, type_name: str, request: Request, hear: Callable[..., None],
        lose: Callable[[Any], None],
    ) -> Any:  # fmt: skip
        from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
        from rosidl_runtime_py.utilities import get_message

        profile = QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=request.depth,
            reliability=ReliabilityPolicy.RELIABLE if request.reliable else ReliabilityPolicy.BEST_EFFORT,
            durability=DurabilityPolicy.TRANSIENT_LOCAL if request.transient_local else DurabilityPolicy.VOLATILE,
        )
        message_type, (events, unsupported) = get_message(type_name), _events(lose)
        try:
            return node.create_subscription(message_type, topic, hear, profile, raw=True, event_callbacks=events)
        except unsupported:
            # This middleware does not tell of what it loses.
            self._uncounted.add(topic)
            return node.create_subscription(message_type, topic, hear, profile, raw=True)

    def _lose(self, topic: str, sink: SourceSink) -> Callable[[Any], None]:
        def lose(lost: Any) -> None:
            sink.miss(topic, lost.total_count_change, self._clock.now_ns())

        return lose

    def _hear(self, channel_id: int, sink: SourceSink) -> Callable[[bytes], None]:
        def hear(content: bytes) -> None:
            if COPIES * len(content) > self._held_bytes:
                self._held_bytes = COPIES * len(content)
                sink.hold(self._held_bytes)
            sink.message(channel_id, self._clock.now_ns(), bytes(content))
            self._messages += 1

        return hear

    def _schema(self, type_name: str, type_hash: str) -> Schema:
        # The installed definition is the one the running programs were built with.
        return self._ament.schema(type_name) or self._definitions.schema(type_name, type_hash)

    def _attempt(self, step: Callable[[], None], topic: str, sink: SourceSink) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - whatever one topic does, the others are recorded
            self._fail(topic, f"{type(error).__name__}: {error}", sink)

    def _fail(self, topic: str, reason: str, sink: SourceSink) -> None:
        sink.refuse(topic, " ".join(reason.split())[:300])


def _events(lose: Callable[[Any], None]) -> tuple[Any, type[Exception]]:
    """What a subscription is asked to tell beside its messages, and what says that it cannot."""
    try:
        from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
    except ImportError:  # before ROS 2 Iron
        from rclpy.qos_event import SubscriptionEventCallbacks, UnsupportedEventTypeError
    return SubscriptionEventCallbacks(message_lost=lose), UnsupportedEventTypeError


def _is_hidden(topic: str) -> bool:
    """ROS hides what has a name or namespace that begins with an underscore: the inside of actions, for instance."""
    return any(part.startswith("_") for part in topic.split("/"))


def _offer(profile: Any) -> Offer:
    """By the names of the policies: their numbers differ from release to release."""
    return Offer(
        reliable=profile.reliability.name == "RELIABLE",
        transient_local=profile.durability.name == "TRANSIENT_LOCAL",
        depth=int(profile.depth or 0),
    )


def _hash(endpoints: Any) -> str:
    """The hash of the type where the release tells it; empty otherwise."""
    found = getattr(endpoints[0], "topic_type_hash", None) if endpoints else None
    return str(found) if found is not None else ""
