"""ROS 2 behind rmw_zenoh, and plain Zenoh keys."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pilothouse.kit.clock import Clock
from pilothouse.mcap import Channel
from pilothouse.recorder.problems import ExtraMissing, PeerLost
from pilothouse.recorder.sources.base import LiveSource, SourceSink
from pilothouse.recorder.sources.config import ZenohConfig
from pilothouse.recorder.sources.gate import NOWHERE
from pilothouse.recorder.sources.ros_definitions import RosDefinitions
from pilothouse.recorder.sources.zenoh_keys import message_encoding, ros_key, stamp

if TYPE_CHECKING:
    import zenoh

# How often it is looked whether a peer or router is there.
LOOK_S = 0.5
# Publishers whose last message is remembered, so that one is not recorded twice.
PUBLISHERS = 10_000


class Zenoh(LiveSource):
    """Subscribes to key expressions. Zenoh's own threads hand messages in, and wait while the recorder is busy."""

    library_bytes = 20 << 20  # 14 MiB at rest, and what its threads and links buffer under load

    def __init__(self, config: ZenohConfig, clock: Clock) -> None:
        super().__init__(f"zenoh:{','.join(config.connect) or config.mode}", config.selection)
        self._config = config
        self._clock = clock
        self._definitions = RosDefinitions(config.definitions)
        self._lock = threading.Lock()
        self._channel_ids: dict[tuple[str, str], int] = {}
        self._last: dict[tuple[str, bytes], int] = {}

    @classmethod
    def open(cls, config: ZenohConfig, clock: Clock) -> Zenoh:
        """Raises ExtraMissing."""
        if find_spec("zenoh") is None:
            raise ExtraMissing(source="zenoh", package="eclipse-zenoh", extra="zenoh")
        return cls(config, clock)

    def _listen(self, sink: SourceSink, stop: threading.Event) -> None:
        import zenoh
        from zenoh.ext import HistoryConfig, declare_advanced_subscriber

        self._channel_ids.clear()

        def hear(sample: zenoh.Sample) -> None:
            if not stop.is_set() and sample.kind == zenoh.SampleKind.PUT:
                with self._lock:
                    self._take(sample, sink)

        try:
            with zenoh.open(self._zenoh_config()) as session, ExitStack() as subscribers:
                for key in self._config.keys:
                    # With history: what ROS calls transient local, said before the recorder came.
                    subscriber = declare_advanced_subscriber(
                        session, key, zenoh.handlers.Callback(hear, indirect=False),
                        history=HistoryConfig(detect_late_publishers=True),
                    )  # fmt: skip
                    subscribers.enter_context(subscriber)
                self._wait(session, stop)
        except zenoh.ZError as error:
            raise PeerLost(peer="Zenoh", reason=str(error).partition(" at /")[0]) from None

    def _wait(self, session: zenoh.Session, stop: threading.Event) -> None:
        """Until the end, or until nobody is left to hear."""
        while not stop.wait(LOOK_S if self._connected else LOOK_S / 10):
            if session.info.peers_zid() or session.info.routers_zid():
                with self._lock:
                    self._has_connected()
            elif self._connected:
                raise PeerLost(peer="Zenoh", reason="the last peer or router has gone")

    def _zenoh_config(self) -> zenoh.Config:
        import zenoh

        config = zenoh.Config.from_file(str(self._config.config_file)) if self._config.config_file else zenoh.Config()
        config.insert_json5("mode", json.dumps(self._config.mode))
        for name, endpoints in (("connect", self._config.connect), ("listen", self._config.listen)):
            if endpoints:
                config.insert_json5(f"{name}/endpoints", json.dumps(endpoints))
        if not self._config.multicast:
            config.insert_json5("scouting/multicast/enabled", "false")
        return config

    def _take(self, sample: zenoh.Sample, sink: SourceSink) -> None:
        self._has_connected()
        now_ns = self._clock.now_ns()
        key = str(sample.key_expr)
        attachment = sample.attachment
        said = stamp(attachment.to_bytes()) if attachment is not None else None
        if said is not None:
            if self._last.get((key, said.publisher)) == said.sequence:
                return  # its history was asked for twice
            if len(self._last) >= PUBLISHERS:
                self._last.clear()
            self._last[key, said.publisher] = said.sequence
        channel_id = self._channel_id(key, str(sample.encoding), sink)
        if channel_id != NOWHERE:
            self._messages += 1
            published_ns = said.publish_time_ns if said is not None else None
            content = sample.payload.to_bytes()
            self._make_room_for(len(content), sink)
            sink.message(channel_id, now_ns, content, published_ns)

    def _channel_id(self, key: str, encoding: str, sink: SourceSink) -> int:
        found = self._channel_ids.get((key, encoding))
        if found is None:
            channel = self._channel(key, encoding)
            found = NOWHERE if channel is None else sink.channel(channel)
            self._channel_ids[key, encoding] = found
        return found

    def _channel(self, key: str, encoding: str) -> Channel | None:
        ros = ros_key(key)
        if ros is None:
            return Channel(key, message_encoding(encoding)) if self.selection.wants(key) else None
        domain = self._config.ros_domain_id
        if (domain is not None and ros.domain != domain) or not self.selection.wants(ros.topic):
            return None
        return Channel(ros.topic, "cdr", self._definitions.schema(ros.type_name, ros.type_hash))
