"""The channels of a recorded session, and a cycle as messages on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from pilothouse.guard.model import Action, Cycle, Layer, Observation
from pilothouse.guard.risk.events import record_of
from pilothouse.mcap.compressed_image import compressed_image, image_channel
from pilothouse.mcap.model import Channel, Schema

CYCLE, OBSERVATION, ACTION = "/dam/cycle", "/dam/obs", "/dam/action"
LAYERS = {layer: f"/dam/{layer.value}" for layer in Layer}
IMAGES = "/dam/images/"

_NUMBER = {"type": ["number", "null"]}
_NUMBERS = {"type": ["array", "null"], "items": _NUMBER}
_TEXT = {"type": ["string", "null"]}
_STAMP = {"cycle_id": {"type": "integer"}, "timestamp": {"type": "number"}, "monotonic_ns": {"type": "integer"}}
_STRING, _TRUTH = {"type": "string"}, {"type": "boolean"}
_STRINGS = {"type": "array", "items": _STRING}
_STATUS = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "layer", "decision", "reason", "mode"), _STRING),
        "boundary": _TEXT,
        "latency_ms": {"type": "number"},
    },
}
_JOINTS = {"type": ["object", "null"], "properties": {"joint_positions": _NUMBERS, "gripper": _NUMBER}}
_POSE = {"type": ["object", "null"], "properties": {"position": _NUMBERS, "quaternion": _NUMBERS}}


def _channel(topic: str, name: str, properties: dict[str, Any]) -> Channel:
    schema = {"type": "object", "title": name, "properties": {**_STAMP, **properties}}
    return Channel(topic, "json", Schema(f"pilothouse.guard.{name}", "jsonschema", msgspec.json.encode(schema)))


_CYCLE_PROPERTIES: dict[str, Any] = {
    **dict.fromkeys(("type", "trace_id", "risk_level", "decision", "outcome", "mode", "reason"), _STRING),
    **dict.fromkeys(("session_id", "config_hash"), _STRING),
    **dict.fromkeys(("was_rejected", "was_clamped"), _TRUTH),
    **dict.fromkeys(("fallback_triggered", "fallback", "failure_type", "active_task", "boundary", "layer"), _TEXT),
    **dict.fromkeys(("active_boundaries", "active_cameras", "reasons"), _STRINGS),
    **dict.fromkeys(("requested", "executed", "observed"), _NUMBERS),
    **dict.fromkeys(("requested_gripper", "executed_gripper"), _NUMBER),
    "latency_ms": {"type": "object", "additionalProperties": {"type": "number"}},
    "guard_statuses": {"type": "array", "items": _STATUS},
}

CHANNELS: dict[str, Channel] = {
    CYCLE: _channel(CYCLE, "Cycle", _CYCLE_PROPERTIES),
    OBSERVATION: _channel(
        OBSERVATION,
        "Observation",
        {
            "joint_positions": _NUMBERS,
            "joint_velocities": _NUMBERS,
            "end_effector": _POSE,
            "gripper": _NUMBER,
            "channels": {"type": "object", "additionalProperties": _NUMBER},
            "features": _NUMBERS,
        },
    ),
    ACTION: _channel(ACTION, "Action", dict.fromkeys(("requested", "allowed", "executed"), _JOINTS)),
    **{
        topic: _channel(topic, "Layer", {"layer": {"type": "string"}, "guards": {"type": "array", "items": _STATUS}})
        for topic in LAYERS.values()
    },
}


class Told(NamedTuple):
    """A message before it is packed."""

    channel: Channel
    content: bytes
    is_image: bool


class Telling:
    """Makes the messages of cycles. One thread; ``image_rate_hz`` bounds the frames of each camera."""

    def __init__(self, *, images: bool, image_rate_hz: float) -> None:
        self._images = images
        self._period_s = 1.0 / image_rate_hz
        self._encode = msgspec.json.Encoder().encode
        self._cameras: dict[str, Channel] = {}
        self._next_frame_s: dict[str, float] = {}

    def messages(self, cycle: Cycle, time_ns: int) -> Iterator[Told]:
        """The cycle, what was seen and done, each layer's verdict, and the frames that are due."""
        encode, stamp = self._encode, _stamp(cycle)
        yield Told(CHANNELS[CYCLE], encode(record_of(cycle)), is_image=False)
        if cycle.observation is not None:
            yield Told(CHANNELS[OBSERVATION], encode({**stamp, **_observed(cycle.observation)}), is_image=False)
        yield Told(CHANNELS[ACTION], encode({**stamp, **_actions(cycle)}), is_image=False)
        for layer, guards in _layers(cycle).items():
            yield Told(CHANNELS[LAYERS[layer]], encode({**stamp, "layer": layer, "guards": guards}), is_image=False)
        if self._images and cycle.observation is not None:
            yield from self._frames(cycle.observation, cycle.monotonic_ns / 1e9, time_ns)

    def _frames(self, observation: Observation, now_s: float, time_ns: int) -> Iterator[Told]:
        for camera, frame in observation.images.items():
            due_s = self._next_frame_s.get(camera, now_s)
            if not frame or now_s < due_s:
                continue
            # From when it was due, so that the rate is kept on average; from now after a pause.
            self._next_frame_s[camera] = max(due_s + self._period_s, now_s)
            channel = self._cameras.get(camera)
            if channel is None:
                channel = self._cameras[camera] = image_channel(IMAGES + camera)
            yield Told(channel, compressed_image(frame, time_ns=time_ns, frame_id=camera), is_image=True)


def _stamp(cycle: Cycle) -> dict[str, Any]:
    return {"cycle_id": cycle.cycle_id, "timestamp": cycle.timestamp, "monotonic_ns": cycle.monotonic_ns}


def _observed(observation: Observation) -> dict[str, Any]:
    return {
        "observed_at": observation.timestamp,
        "joint_positions": observation.joint_positions,
        "joint_velocities": observation.joint_velocities,
        "end_effector": observation.end_effector,
        "gripper": observation.gripper,
        "channels": observation.channels,
        "features": observation.features,
    }


def _actions(cycle: Cycle) -> dict[str, Action | None]:
    return {"requested": cycle.verdict.requested, "allowed": cycle.verdict.action, "executed": cycle.executed}


def _layers(cycle: Cycle) -> dict[Layer, list[Any]]:
    found: dict[Layer, list[Any]] = {}
    for status in cycle.verdict.guard_statuses:
        found.setdefault(status.layer, []).append(status)
    return found
