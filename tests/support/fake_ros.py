"""A ROS 2 in memory: what the recorder uses of rclpy and rosidl, with the behaviour that its documentation promises."""

from __future__ import annotations

import enum
import sys
import types
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

ReliabilityPolicy = enum.IntEnum("ReliabilityPolicy", {"SYSTEM_DEFAULT": 0, "RELIABLE": 1, "BEST_EFFORT": 2})
DurabilityPolicy = enum.IntEnum("DurabilityPolicy", {"SYSTEM_DEFAULT": 0, "TRANSIENT_LOCAL": 1, "VOLATILE": 2})
HistoryPolicy = enum.IntEnum("HistoryPolicy", {"SYSTEM_DEFAULT": 0, "KEEP_LAST": 1, "KEEP_ALL": 2})
SMALLEST_WAIT_S = 0.001


@dataclass
class QoSProfile:
    history: Any = HistoryPolicy.KEEP_LAST
    depth: int = 10
    reliability: Any = ReliabilityPolicy.RELIABLE
    durability: Any = DurabilityPolicy.VOLATILE


@dataclass(eq=False)
class Endpoint:
    """A publisher, as `get_publishers_info_by_topic` shows it."""

    topic: str
    topic_type: str
    qos_profile: QoSProfile
    kept: list[bytes] = field(default_factory=list)


class UnsupportedEventTypeError(Exception):
    """Not every middleware tells of everything."""


@dataclass
class QoSMessageLostInfo:
    total_count: int
    total_count_change: int


@dataclass
class SubscriptionEventCallbacks:
    message_lost: Callable[[QoSMessageLostInfo], None] | None = None


@dataclass(eq=False)
class Subscription:
    topic: str
    message_type: str
    callback: Callable[[bytes], None]
    qos: QoSProfile
    events: SubscriptionEventCallbacks | None = None
    lost: int = 0

    def hears(self, publisher: Endpoint) -> bool:
        """The rules of DDS: nothing is delivered to who asks for more than is offered."""
        offered, asked = publisher.qos_profile, self.qos
        if asked.reliability == ReliabilityPolicy.RELIABLE != offered.reliability:
            return False
        return not (asked.durability == DurabilityPolicy.TRANSIENT_LOCAL != offered.durability)


class Graph:
    """Everything that is on the air; what is delivered waits for the executor."""

    def __init__(self) -> None:
        self.publishers: list[Endpoint] = []
        self.subscriptions: list[Subscription] = []
        self.waiting: deque[tuple[Subscription, bytes | QoSMessageLostInfo]] = deque()
        self.unknown_types: set[str] = set()
        self.nodes: list[Node] = []
        self.contexts: list[Context] = []
        self.refuses_to_start = False
        self.tells_of_losses = True

    def publisher(self, topic: str, type_name: str, **qos: Any) -> Endpoint:
        one = Endpoint(topic, type_name, QoSProfile(**qos))
        self.publishers.append(one)
        return one

    def publish(self, publisher: Endpoint, content: bytes) -> None:
        if publisher.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL:
            publisher.kept.append(content)
        for one in list(self.subscriptions):
            if one.topic == publisher.topic and one.hears(publisher):
                self.waiting.append((one, content))

    def lose(self, topic: str, count: int) -> None:
        """The middleware tells that messages did not come."""
        for one in self.subscriptions:
            if one.topic == topic and one.events is not None:
                one.lost += count
                self.waiting.append((one, QoSMessageLostInfo(one.lost, count)))

    def join(self, subscription: Subscription) -> None:
        self.subscriptions.append(subscription)
        if subscription.qos.durability != DurabilityPolicy.TRANSIENT_LOCAL:
            return
        for publisher in self.publishers:
            if publisher.topic == subscription.topic and subscription.hears(publisher):
                self.waiting.extend((subscription, one) for one in publisher.kept)

    def subscribed(self, topic: str) -> Subscription | None:
        return next((one for one in list(self.subscriptions) if one.topic == topic), None)


class Context:
    graph: Graph

    def __init__(self) -> None:
        self._ok = False
        self.domain_id: int | None = None
        self.graph.contexts.append(self)

    def ok(self) -> bool:
        return self._ok

    def try_shutdown(self) -> None:
        self._ok = False


class Node:
    def __init__(self, graph: Graph, name: str) -> None:
        self._graph = graph
        self.name = name
        self.destroyed = False
        graph.nodes.append(self)

    def get_topic_names_and_types(self) -> list[tuple[str, list[str]]]:
        found: dict[str, list[str]] = {}
        for one in self._graph.publishers:
            found.setdefault(one.topic, [])
            if one.topic_type not in found[one.topic]:
                found[one.topic].append(one.topic_type)
        return list(found.items())

    def get_publishers_info_by_topic(self, topic: str) -> list[Endpoint]:
        return [one for one in self._graph.publishers if one.topic == topic]

    def create_subscription(
        self, message_type: str, topic: str, callback: Callable[[bytes], None], qos: QoSProfile, *, raw: bool,
        event_callbacks: SubscriptionEventCallbacks | None = None,
    ) -> Subscription:  # fmt: skip
        assert raw, "the recorder never deserializes"
        if event_callbacks and event_callbacks.message_lost and not self._graph.tells_of_losses:
            raise UnsupportedEventTypeError
        subscription = Subscription(topic, message_type, callback, qos, event_callbacks)
        self._graph.join(subscription)
        return subscription

    def destroy_subscription(self, subscription: Subscription) -> None:
        self._graph.subscriptions.remove(subscription)

    def destroy_node(self) -> None:
        self.destroyed = True


class SingleThreadedExecutor:
    def __init__(self, *, context: Context) -> None:
        self._graph = context.graph

    def add_node(self, node: Node) -> None:
        assert not node.destroyed

    def spin_once(self, *, timeout_sec: float) -> None:
        import time

        if not self._graph.waiting:
            time.sleep(min(timeout_sec, SMALLEST_WAIT_S))  # as spinning waits for something to do
            return
        subscription, told = self._graph.waiting.popleft()
        if subscription not in self._graph.subscriptions:
            return
        if isinstance(told, bytes):
            subscription.callback(told)
        elif subscription.events and subscription.events.message_lost:
            subscription.events.message_lost(told)

    def shutdown(self, *, timeout_sec: float) -> None: ...


def install(monkeypatch: pytest.MonkeyPatch) -> Graph:
    """From now on `import rclpy` finds this one."""
    graph = Graph()
    own_context = type("Context", (Context,), {"graph": graph})

    def init(*, context: Context, domain_id: int | None = None) -> None:
        if graph.refuses_to_start:
            raise RuntimeError("failed to initialize rcl:  no middleware")
        context._ok, context.domain_id = True, domain_id

    def create_node(name: str, *, context: Context, enable_rosout: bool, start_parameter_services: bool) -> Node:
        assert context.ok()
        assert not enable_rosout
        assert not start_parameter_services
        return Node(graph, name)

    def get_message(identifier: str) -> str:
        if identifier in graph.unknown_types:
            raise ModuleNotFoundError(f"No module named '{identifier.split('/')[0]}'")
        return identifier

    parts: dict[str, dict[str, Any]] = {
        "rclpy": {"init": init, "create_node": create_node},
        "rclpy.context": {"Context": own_context},
        "rclpy.executors": {"SingleThreadedExecutor": SingleThreadedExecutor},
        "rclpy.qos": {
            "QoSProfile": QoSProfile, "ReliabilityPolicy": ReliabilityPolicy, "DurabilityPolicy": DurabilityPolicy,
            "HistoryPolicy": HistoryPolicy,
        },
        "rclpy.event_handler": {
            "SubscriptionEventCallbacks": SubscriptionEventCallbacks,
            "UnsupportedEventTypeError": UnsupportedEventTypeError,
        },
        "rosidl_runtime_py": {},
        "rosidl_runtime_py.utilities": {"get_message": get_message},
    }  # fmt: skip
    for name, members in parts.items():
        module = types.ModuleType(name)
        module.__spec__ = types.SimpleNamespace(name=name)  # type: ignore[assignment]
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    return graph
