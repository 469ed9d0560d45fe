"""The Foxglove WebSocket protocol as a client sees it. Pure: frames in, channels and messages out."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Any

from pilothouse.mcap import Channel, Schema

# The SDK's own first: its servers accept only this. foxglove_bridge before 0.9 speaks only the other.
SUBPROTOCOLS = ("foxglove.sdk.v1", "foxglove.websocket.v1")
MESSAGE = 1
HEADER = Struct("<BIQ")

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


@dataclass(slots=True)
class Conversation:
    """Which channels there are, and which subscription is which."""

    channels: dict[int, int] = field(default_factory=dict)  # server's channel -> subscription
    _next: int = 0

    def read(self, text: str) -> Iterator[Advertised | int | Said]:
        """What a text frame says: channels that came, numbers of channels that went, words."""
        frame = _parsed(text)
        match frame.get("op"):
            case "advertise":
                yield from (_advertised(one) for one in _sequence(frame.get("channels")) if isinstance(one, Mapping))
            case "unadvertise":
                yield from (one for one in _sequence(frame.get("channelIds")) if isinstance(one, int))
            case "status":
                level = frame.get("level")
                yield Said(level if isinstance(level, int) else 0, str(frame.get("message"))[:500])
            case _:
                return

    def subscribe(self, server_id: int) -> tuple[int, str]:
        """The number under which messages of a channel will come, and the frame that asks for them."""
        self._next += 1
        self.channels[server_id] = self._next
        subscription = {"id": self._next, "channelId": server_id}
        return self._next, json.dumps({"op": "subscribe", "subscriptions": [subscription]})

    def forget(self, server_id: int) -> None:
        """A channel is gone; another may take its number."""
        self.channels.pop(server_id, None)


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
