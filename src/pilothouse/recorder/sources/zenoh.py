"""ROS 2 behind rmw_zenoh, and plain Zenoh keys."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pilothouse.kit.clock import Clock
from pilothouse.mcap import Channel
from pilothouse.mcap.ring.beside import NOTICED_BYTES
from pilothouse.recorder.problems import ExtraMissing, PeerLost
from pilothouse.recorder.sources.base import UNTOLD_PART, LiveSource, SourceSink
from pilothouse.recorder.sources.config import ZenohConfig
from pilothouse.recorder.sources.gate import NOWHERE
from pilothouse.recorder.sources.numbers import Numbers
from pilothouse.recorder.sources.ros_definitions import RosDefinitions
from pilothouse.recorder.sources.zenoh_keys import Stamp, message_encoding, ros_key, stamp

if TYPE_CHECKING:
    import zenoh

# How often it is looked whether a peer or router is there.
LOOK_S = 0.5
# What the library takes while it listens: 10 MiB at rest, the rest in its threads and links under load.
LIBRARY_BYTES = 14 << 20
# A message is in memory once more when it is handed in.
COPIES = 2
# What Zenoh's receive limit counts beside a message: its key, attachment and stamps.
AROUND_BYTES = 64 << 10
# Its own limit: above it messages are dropped as they come, and nobody is told.
MOST_BYTES = 1 << 30


class _Waiting:
    """What is in memory of messages that the library has told of. Any number of its threads may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = 0
        self.begin(lambda size: None, 0)

    def begin(self, hold: Callable[[int], None], untold_bytes: int) -> None:
        """From now on so much is held where no message is told of, and beside them what the library takes."""
        self._hold, self._untold_bytes = hold, untold_bytes
        self._add(0)

    @contextmanager
    def message(self, size: int) -> Iterator[None]:
        """In the block there is a message."""
        if size < NOTICED_BYTES:
            yield
            return
        self._add(size)
        try:
            yield
        finally:
            self._add(-size)

    def _add(self, size: int) -> None:
        with self._lock:
            self._bytes += size
            self._hold(LIBRARY_BYTES + max(self._bytes, self._untold_bytes))


class Zenoh(LiveSource):
    """Subscribes to key expressions. Zenoh's own threads hand messages in, and wait while the recorder is busy."""

    def __init__(self, config: ZenohConfig, clock: Clock) -> None:
        super().__init__(f"zenoh:{','.join(config.connect) or config.mode}", config.selection)
        self._config = config
        self._clock = clock
        self._definitions = RosDefinitions(config.definitions)
        self._lock = threading.Lock()
        self._waiting = _Waiting()
        self._channel_ids: dict[tuple[str, str], int] = {}
        self._numbers = Numbers()

    @classmethod
    def open(cls, config: ZenohConfig, clock: Clock) -> Zenoh:
        """Raises ExtraMissing."""
        if find_spec("zenoh") is None:
            raise ExtraMissing(source="zenoh", package="eclipse-zenoh", extra="zenoh")
        return cls(config, clock)

    def _listen(self, sink: SourceSink, stop: threading.Event) -> None:
        self._channel_ids.clear()
        # The limit is given when a session begins: another budget needs another session.
        while not stop.is_set():
            most_bytes = sink.most_bytes
            self._waiting.begin(sink.hold, most_bytes // UNTOLD_PART)
            self._converse(sink, stop, most_bytes)

    def _converse(self, sink: SourceSink, stop: threading.Event, most_bytes: int) -> None:
        import zenoh
        from zenoh.ext import HistoryConfig, declare_advanced_subscriber

        def hear(sample: zenoh.Sample) -> None:
            if not stop.is_set():
                size = len(sample.payload)
                # Before it waits for others and is copied.
                with self._waiting.message(COPIES * size if size <= most_bytes else size), self._lock:
                    self._take(sample, sink, is_message=sample.kind == zenoh.SampleKind.PUT)

        try:
            with zenoh.open(self._zenoh_config(most_bytes)) as session, ExitStack() as subscribers:
                for key in self._config.keys:
                    # With history: what ROS calls transient local, said before the recorder came.
                    subscriber = declare_advanced_subscriber(
                        session, key, zenoh.handlers.Callback(hear, indirect=False),
                        history=HistoryConfig(detect_late_publishers=True),
                    )  # fmt: skip
                    subscribers.enter_context(subscriber)
                self._wait(session, stop, lambda: sink.most_bytes == most_bytes)
        except zenoh.ZError as error:
            raise PeerLost(peer="Zenoh", reason=str(error).partition(" at /")[0]) from None

    def _wait(self, session: zenoh.Session, stop: threading.Event, goes_on: Callable[[], bool]) -> None:
        """Until the end, or until nobody is left to hear."""
        while not stop.wait(LOOK_S if self._connected else LOOK_S / 10) and goes_on():
            if session.info.peers_zid() or session.info.routers_zid():
                with self._lock:
                    self._has_connected()
            elif self._connected:
                raise PeerLost(peer="Zenoh", reason="the last peer or router has gone")

    def _zenoh_config(self, most_bytes: int) -> zenoh.Config:
        import zenoh

        config = zenoh.Config.from_file(str(self._config.config_file)) if self._config.config_file else zenoh.Config()
        config.insert_json5("mode", json.dumps(self._config.mode))
        for name, endpoints in (("connect", self._config.connect), ("listen", self._config.listen)):
            if endpoints:
                config.insert_json5(f"{name}/endpoints", json.dumps(endpoints))
        if not self._config.multicast:
            config.insert_json5("scouting/multicast/enabled", "false")
        # Of every publisher on the same machine it would map a pool of 16 MiB, which nobody could account for.
        config.insert_json5("transport/shared_memory/enabled", "false")
        config.insert_json5("transport/link/rx/max_message_size", str(min(MOST_BYTES, most_bytes + AROUND_BYTES)))
        return config

    def _take(self, sample: zenoh.Sample, sink: SourceSink, *, is_message: bool) -> None:
        self._has_connected()
        now_ns = self._clock.now_ns()
        key = str(sample.key_expr)
        channel_id = self._channel_id(key, str(sample.encoding), sink)
        if channel_id == NOWHERE:
            return
        attachment = sample.attachment
        said = stamp(attachment.to_bytes()) if attachment is not None else None
        if not self._is_new(sample, key, said, sink, now_ns) or not is_message:
            return
        if (size := len(sample.payload)) > sink.most_bytes:
            sink.turn_away(self._topic(key), size, now_ns)
            return
        self._messages += 1
        sink.message(channel_id, now_ns, sample.payload.to_bytes(), None if said is None else said.publish_time_ns)

    def _is_new(self, sample: zenoh.Sample, key: str, said: Stamp | None, sink: SourceSink, now_ns: int) -> bool:
        """False for what was asked for as history, and had come. What its number tells is counted."""
        if said is not None:
            heard = self._numbers.take((key, said.publisher), said.sequence, said.publish_time_ns, now_ns)
        elif (source := sample.source_info) is not None:
            publisher = key, source.source_id.zid, source.source_id.eid
            heard = self._numbers.take(publisher, source.source_sn, None, now_ns)
        else:
            self._uncounted.add(self._topic(key))
            return True
        if heard.missed:
            sink.miss(self._topic(key), heard.missed, now_ns)
        if heard.missed_ns is not None:
            sink.find(self._topic(key), heard.missed_ns)
        return heard.is_new

    def _channel_id(self, key: str, encoding: str, sink: SourceSink) -> int:
        found = self._channel_ids.get((key, encoding))
        if found is None:
            channel = self._channel(key, encoding)
            found = NOWHERE if channel is None else sink.channel(channel)
            self._channel_ids[key, encoding] = found
        return found

    def _topic(self, key: str) -> str:
        ros = ros_key(key)
        return key if ros is None else ros.topic

    def _channel(self, key: str, encoding: str) -> Channel | None:
        ros = ros_key(key)
        if ros is None:
            return Channel(key, message_encoding(encoding)) if self.selection.wants(key) else None
        domain = self._config.ros_domain_id
        if (domain is not None and ros.domain != domain) or not self.selection.wants(ros.topic):
            return None
        return Channel(ros.topic, "cdr", self._definitions.schema(ros.type_name, ros.type_hash))
