"""The Foxglove WebSocket protocol as a client sees it. Pure: frames in, channels and messages out."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Any

from pilothouse.mcap import Channel, Schema

# The SDK's own first: its servers accept only this. foxglove_bridge before 0.9 speaks only the other.
SUBPROTOCOLS = ("foxglove.sdk.v1", "foxglove.websocket.v1")
MESSAGE = 1
HEADER = Struct("<BIQ")

# The SDK (0.30) advertises a channel a moment before it takes subscriptions to it.
_UNKNOWN_CHANNEL = re.compile(r"Unknown channel ID: (\d{1,19})")
ATTEMPTS = 50

# A server may leave out how a schema is written; then the messages' encoding says it.
SCHEMA_ENCODINGS = {
    "json": "jsonschema",
    "protobuf": "protobuf",
    "flatbuffer": "flatbuffer",
    "ros1": "ros1msg",
    "cdr": "ros2msg",
}
# Schemas in these are bytes, and travel as base64.
BINARY_SCHEMAS = ("protobuf", "flatbuffer")


@dataclass(frozen=True, slots=True)
class Advertised:
    """A channel of the server, or why it cannot be one."""

    server_id: int
    topic: str
    channel: Channel | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What the server wants a person to know."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Denied:
    """The server does not know a channel that it has just advertised."""

    server_id: int


@dataclass(slots=True)
class Conversation:
    """Which channels there are, and which subscription is which."""

    channels: dict[int, int] = field(default_factory=dict)  # server's channel -> subscription
    _next: int = 0
    _attempts: Counter[int] = field(default_factory=Counter)

    def read(self, text: str) -> Iterator[Advertised | int | Said | Denied]:
        """What a text frame says: channels that came, numbers of channels that went, words."""
        frame = _parsed(text)
        match frame.get("op"):
            case "advertise":
                yield from (_advertised(one) for one in _sequence(frame.get("channels")) if isinstance(one, Mapping))
            case "unadvertise":
                yield from (one for one in _sequence(frame.get("channelIds")) if isinstance(one, int))
            case "status":
                yield self._said(frame.get("level"), str(frame.get("message"))[:500])
            case _:
                return

    def subscribe(self, server_id: int) -> tuple[int, str]:
        """The number under which messages of a channel will come, and the frame that asks for them."""
        self._next += 1
        self.channels[server_id] = self._next
        return self._next, self._request(server_id)

    def subscribe_again(self, server_id: int) -> str | None:
        """The frame that asks once more for a channel; None when it is gone or was asked for often enough."""
        self._attempts[server_id] += 1
        if server_id not in self.channels or self._attempts[server_id] > ATTEMPTS:
            return None
        return self._request(server_id)

    def _request(self, server_id: int) -> str:
        subscription = {"id": self.channels[server_id], "channelId": server_id}
        return json.dumps({"op": "subscribe", "subscriptions": [subscription]})

    def _said(self, level: object, text: str) -> Said | Denied:
        denied = _UNKNOWN_CHANNEL.fullmatch(text)
        if denied is not None and int(denied[1]) in self.channels:
            return Denied(int(denied[1]))
        return Said(level if isinstance(level, int) else 0, text)

    def forget(self, server_id: int) -> None:
        """A channel is gone; another may take its number."""
        self.channels.pop(server_id, None)
        self._attempts.pop(server_id, None)


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


def _sequence(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _advertised(one: Mapping[str, Any]) -> Advertised:
    server_id, topic, encoding = one.get("id"), one.get("topic"), one.get("encoding")
    if not (isinstance(server_id, int) and isinstance(topic, str) and isinstance(encoding, str)):
        return Advertised(-1, str(topic)[:200], None, "it is advertised without id, topic or encoding")
    try:
        return Advertised(server_id, topic, Channel(topic, encoding, _schema(one, encoding)))
    except (ValueError, binascii.Error) as error:
        return Advertised(server_id, topic, None, f"its schema cannot be read ({error})")


def _schema(one: Mapping[str, Any], encoding: str) -> Schema | None:
    name, text = one.get("schemaName") or "", one.get("schema") or ""
    schema_encoding = one.get("schemaEncoding") or SCHEMA_ENCODINGS.get(encoding, "")
    if not (isinstance(name, str) and isinstance(text, str) and isinstance(schema_encoding, str)):
        raise ValueError("it is not text")
    if not name and not text:
        return None
    if schema_encoding in BINARY_SCHEMAS:
        return Schema(name, schema_encoding, base64.b64decode(text, validate=True))
    return Schema(name, schema_encoding if text else "", text.encode())
