"""The Foxglove WebSocket protocol as a server speaks it. Pure: text and events in, frames out."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from struct import Struct
from typing import Any

import msgspec

from pilothouse.guard.telemetry.history import Event
from pilothouse.mcap.compressed_image import compressed_image, image_channel
from pilothouse.mcap.model import Channel, Schema

# The SDK's own first; the other is older, and what `@foxglove/ws-protocol` and Lichtblick ask for.
SUBPROTOCOLS = ("foxglove.sdk.v1", "foxglove.websocket.v1")
HEADER = Struct("<BIQ")
MESSAGE = 1
MOST_SUBSCRIPTIONS = 1_000
WARNING = 1

CYCLE, JOINTS, IMAGES = "/dam/cycle", "/joint_states", "/dam/images/"

_TEXT, _FLAG, _NUMBER, _WHOLE = {"type": "string"}, {"type": "boolean"}, {"type": "number"}, {"type": "integer"}
_NUMBERS = {"type": "array", "items": _NUMBER}
_STRINGS = {"type": "array", "items": _TEXT}
_MS = {"type": "object", "additionalProperties": {"type": "number"}}
_STATUS = {
    "type": "object",
    "properties": dict.fromkeys(("name", "layer", "decision", "reason", "boundary", "mode"), _TEXT),
}
_CYCLE = {
    "type": "object",
    "title": "Cycle",
    "properties": {
        "cycle_id": {"type": "integer"},
        "seq": {"type": "integer"},
        "timestamp": {"type": "number"},
        **dict.fromkeys(("trace_id", "risk_level", "decision", "outcome", "mode", "session_id", "active_task"), _TEXT),
        **dict.fromkeys(("fallback_triggered", "failure_type", "boundary"), _TEXT),
        **dict.fromkeys(("was_rejected", "was_clamped"), _FLAG),
        **dict.fromkeys(("active_boundaries", "active_cameras", "reasons"), _STRINGS),
        **dict.fromkeys(("requested", "executed"), _NUMBERS),
        "latency_ms": _MS,
        "guard_statuses": {"type": "array", "items": _STATUS},
        "perf": {
            "type": "object",
            "properties": {
                **dict.fromkeys(("stages", "layers", "guards"), _MS),
                **dict.fromkeys(("deadline_ms", "slack_ms"), _NUMBER),
            },
        },
    },
}
_STAMP = {"type": "object", "properties": dict.fromkeys(("sec", "nsec"), _WHOLE)}
_JOINTS = {
    "type": "object",
    "title": "JointStates",
    "properties": {"timestamp": _STAMP, "name": _STRINGS, "position": _NUMBERS, "velocity": _NUMBERS},
}
_FIXED = (
    Channel(CYCLE, "json", Schema("pilothouse.guard.Cycle", "jsonschema", msgspec.json.encode(_CYCLE))),
    Channel(JOINTS, "json", Schema("pilothouse.guard.JointStates", "jsonschema", msgspec.json.encode(_JOINTS))),
)
# Channels' numbers are those of their place, from 1; cameras come behind.
_CYCLE_ID, _JOINTS_ID = 1, 2


class _Wish(msgspec.Struct):
    id: int
    channel_id: int = msgspec.field(name="channelId")


class _Request(msgspec.Struct):
    op: str = ""
    subscriptions: list[_Wish] = []
    subscription_ids: list[int] = msgspec.field(name="subscriptionIds", default_factory=list)


_decode = msgspec.json.Decoder(_Request).decode


def chosen_subprotocol(offered: list[str]) -> str | None:
    """The one to speak, or None when the client speaks neither."""
    return next((one for one in SUBPROTOCOLS if one in offered), None)


class Viewer:
    """One client: what it was told of and what it wants."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._cameras: dict[str, int] = {}
        self._wanted: dict[int, int] = {}  # subscription -> channel
        self._missed = 0

    def greet(self) -> Iterator[str]:
        """What a client hears first."""
        yield _text(
            op="serverInfo", name=self._name, capabilities=[], supportedEncodings=[], metadata={},
            sessionId=secrets.token_hex(8),
        )  # fmt: skip
        yield _advertise(enumerate(_FIXED, _CYCLE_ID))

    def hear(self, text: str | bytes) -> Iterator[str]:
        """Take in what a client says; answers what it must be told about it."""
        try:
            request = _decode(text)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            yield _warn("what this client said is not of the protocol")
            return
        if request.op == "subscribe":
            yield from self._subscribe(request.subscriptions)
        elif request.op == "unsubscribe":
            for one in request.subscription_ids:
                self._wanted.pop(one, None)
        else:
            yield _warn(f"this server shows; it does not take {request.op[:50]!r}")

    def show(self, event: Event, *, missed: int, with_frames: bool) -> Iterator[str | bytes]:
        """The event as messages of the channels that are wanted, cameras told of when they first come."""
        fresh = [name for name, _ in event.cameras if name not in self._cameras]
        if fresh:
            first = len(_FIXED) + len(self._cameras) + 1
            self._cameras.update({name: first + number for number, name in enumerate(fresh)})
            yield _advertise((self._cameras[name], image_channel(IMAGES + name)) for name in fresh)
        if missed:
            self._missed += missed
            yield _warn(f"{self._missed} cycles left out: this viewer is too slow", id="missed")
        for subscription, channel_id in self._wanted.items():
            for content in self._contents(event, channel_id, with_frames=with_frames):
                yield HEADER.pack(MESSAGE, subscription, event.log_time_ns) + content

    def _contents(self, event: Event, channel_id: int, *, with_frames: bool) -> Iterator[bytes]:
        if channel_id == _CYCLE_ID:
            yield event.text
        elif channel_id == _JOINTS_ID:
            if event.joints is not None:
                yield event.joints
        elif with_frames:
            for name, jpeg in event.cameras:
                if self._cameras.get(name) == channel_id:
                    yield compressed_image(jpeg, time_ns=event.log_time_ns, frame_id=name)

    def _subscribe(self, wishes: list[_Wish]) -> Iterator[str]:
        for wish in wishes:
            if not 0 < wish.channel_id <= len(_FIXED) + len(self._cameras):
                yield _warn(f"Unknown channel ID: {wish.channel_id}")
            elif not 0 <= wish.id < 2**32 or len(self._wanted) >= MOST_SUBSCRIPTIONS:
                yield _warn(f"subscription {wish.id} is not possible")
            else:
                self._wanted[wish.id] = wish.channel_id


def _advertise(channels: Any) -> str:
    return _text(op="advertise", channels=[_described(number, channel) for number, channel in channels])


def _described(number: int, channel: Channel) -> dict[str, Any]:
    schema = channel.schema
    assert schema is not None
    is_text = schema.encoding == "jsonschema"
    return {
        "id": number,
        "topic": channel.topic,
        "encoding": channel.message_encoding,
        "schemaName": schema.name,
        "schemaEncoding": schema.encoding,
        "schema": schema.data.decode() if is_text else base64.b64encode(schema.data).decode(),
    }


def _warn(message: str, **facts: str) -> str:
    return _text(op="status", level=WARNING, message=message, **facts)


def _text(**facts: Any) -> str:
    return msgspec.json.encode(facts).decode()
