"""Any robot that runs foxglove_bridge or the Foxglove SDK, over its WebSocket."""

from __future__ import annotations

import threading

from pilothouse.kit.logs import get_logger
from pilothouse.recorder.problems import PeerLost
from pilothouse.recorder.sources.base import LiveSource, SourceSink
from pilothouse.recorder.sources.config import FoxgloveConfig
from pilothouse.recorder.sources.foxglove_protocol import (
    HEADER,
    MESSAGE,
    SUBPROTOCOLS,
    Advertised,
    Conversation,
    Denied,
    Said,
)
from pilothouse.recorder.sources.frames import Cut
from pilothouse.recorder.sources.websocket import WebSocket

# How long after `stop` a quiet connection notices.
LISTEN_S = 0.2
# A peer that is silent on both channels for this long is gone.
PING_S = 10.0
# Before a subscription that came too early for the server is tried again.
DENIED_S = 0.02
WARNING = 1
# Different things a server says that are logged.
MOST_SAYINGS = 64

log = get_logger("pilothouse.recorder")


class Foxglove(LiveSource):
    """Subscribes to every selected channel and hands its messages in as they are."""

    def __init__(self, config: FoxgloveConfig, *, ping_s: float = PING_S) -> None:
        super().__init__(f"foxglove:{config.url}", config.selection)
        # Its messages bear no numbers: what a server drops because this client is slow leaves no trace in them.
        self._uncounted = {"*"}
        self._config = config
        self._ping_s = ping_s
        self._conversation = Conversation()
        self._channels: dict[int, tuple[int, str]] = {}  # by subscription: its number here, and its topic
        self._told: set[str] = set()

    def _listen(self, sink: SourceSink, stop: threading.Event) -> None:
        from websockets.exceptions import ConnectionClosed, InvalidHandshake

        self._conversation, self._channels = Conversation(), {}
        most_bytes = int(self._config.max_message_bytes)
        try:
            with WebSocket(
                self._config.url, subprotocols=SUBPROTOCOLS, kept_bytes=HEADER.size, ping_s=self._ping_s,
                most_bytes=lambda: min(most_bytes, sink.most_bytes) + HEADER.size, most_text_bytes=most_bytes,
                quiet_s=LISTEN_S, hold=sink.hold,
            ) as connection:  # fmt: skip
                if connection.subprotocol is None:
                    raise PeerLost(peer=self._config.url, reason="it speaks none of " + ", ".join(SUBPROTOCOLS))
                self._has_connected()
                while not stop.is_set():
                    self._hear(connection, sink, stop)
        except (ConnectionClosed, InvalidHandshake, OSError) as error:
            if not stop.is_set():
                raise PeerLost(peer=self._config.url, reason=_reason(error)) from None

    def _hear(self, connection: WebSocket, sink: SourceSink, stop: threading.Event) -> None:
        for message in connection.receive():
            if isinstance(message, str):
                self._text(message, connection, sink, stop)
            else:
                self._binary(message, sink)

    def _binary(self, message: bytearray, sink: SourceSink) -> None:
        if len(message) < HEADER.size or message[0] != MESSAGE:
            return
        _, subscription, log_time_ns = HEADER.unpack_from(message)
        if subscription not in self._channels:
            return
        channel_id, topic = self._channels[subscription]
        if isinstance(message, Cut):
            sink.turn_away(topic, message.size - HEADER.size, log_time_ns)
            return
        self._messages += 1
        del message[: HEADER.size]
        sink.message(channel_id, log_time_ns, message)

    def _text(self, frame: str, connection: WebSocket, sink: SourceSink, stop: threading.Event) -> None:
        for one in self._conversation.read(frame):
            match one:
                case Advertised():
                    self._join(one, connection, sink)
                case Denied():
                    stop.wait(DENIED_S)
                    if request := self._conversation.subscribe_again(one.server_id):
                        connection.send(request)
                case Said():
                    self._say(one)
                case server_id:
                    # Its subscription stays known: words overtake messages at some servers.
                    self._conversation.forget(server_id)

    def _join(self, one: Advertised, connection: WebSocket, sink: SourceSink) -> None:
        if not self.selection.wants(one.topic) or one.server_id in self._conversation.channels:
            return
        if one.channel is None:
            sink.refuse(one.topic, one.reason)
            return
        channel_id = sink.channel(one.channel)
        if channel_id >= 0:
            subscription, request = self._conversation.subscribe(one.server_id)
            self._channels[subscription] = channel_id, one.topic
            connection.send(request)

    def _say(self, said: Said) -> None:
        """Servers repeat themselves; each thing they say is logged once."""
        if said.level >= WARNING and said.text not in self._told and len(self._told) < MOST_SAYINGS:
            self._told.add(said.text)
            log.warning("the server of a source says", source=self.name, text=said.text)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")[:300] or type(error).__name__
