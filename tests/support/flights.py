"""Small recordings to test with, and the real drone flight."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from pilothouse.mcap import Captured, Channel, Ring, Schema, write_capture

NS_PER_S = 1_000_000_000
START_NS = 1_700_000_000 * NS_PER_S

FLOAT64 = Schema("std_msgs/msg/Float64", "ros2msg", b"float64 data\n")
JSON_SCHEMA = Schema("pilothouse.test", "jsonschema", b'{"type": "object"}')


class Said(NamedTuple):
    """A message before it is in a file."""

    topic: str
    log_time_ns: int
    content: bytes


def drone_flight() -> Path:
    """A real flight of 16.7 s, 8,700 ROS 2 messages; ``/speed`` peaks at 9.51 m/s 15.9 s after its start."""
    return Path(str(files("foxglove_wizard") / "drone.mcap"))


def float64_cdr(value: float) -> bytes:
    """A std_msgs/msg/Float64 as ROS 2 sends it."""
    import struct

    return b"\x00\x01\x00\x00" + struct.pack("<d", value)


def json_channel(topic: str) -> Channel:
    return Channel(topic, "json", JSON_SCHEMA)


def cdr_channel(topic: str) -> Channel:
    return Channel(topic, "cdr", FLOAT64)


def saying(topic: str, values: Iterable[object], *, start_ns: int = START_NS, rate_hz: float = 10.0) -> list[Said]:
    """JSON messages of a topic at a steady rate."""
    step = round(NS_PER_S / rate_hz)
    return [Said(topic, start_ns + number * step, json.dumps(value).encode()) for number, value in enumerate(values)]


def write_messages(
    path: Path,
    messages: Sequence[Said],
    *,
    channels: Mapping[str, Channel] | None = None,
    metadata: Mapping[str, Mapping[str, str]] | None = None,
    chunk_bytes: int = 1 << 20,
) -> Captured:
    """A recording with exactly these messages; topics without a channel are JSON."""
    known = dict(channels or {})
    with Ring(window_s=1e6, max_bytes=1 << 30, chunk_bytes=chunk_bytes, latched=lambda _: False) as ring:
        for topic, log_time_ns, content in messages:
            channel = known.setdefault(topic, json_channel(topic))
            ring.append(ring.add_channel(channel), log_time_ns, content)
        return write_capture(ring.snapshot(0, 2**63), path, metadata=metadata or {})


def write_flight(
    path: Path,
    *,
    seconds: float = 5.0,
    start_ns: int = START_NS,
    encoding: str = "json",
    metadata: Mapping[str, Mapping[str, str]] | None = None,
    fat: bool = False,
) -> Captured:
    """A small flight: ``/speed`` at 10 Hz rising by 1 m/s each second, ``/odom`` at 50 Hz, and with ``fat`` images."""
    speed = [number / 10 for number in range(round(seconds * 10))]
    odometry = [{"x": number / 50, "y": 0.0} for number in range(round(seconds * 50))]
    messages = saying("/odom", odometry, start_ns=start_ns, rate_hz=50)
    if encoding == "cdr":
        step = NS_PER_S // 10
        messages += [Said("/speed", start_ns + n * step, float64_cdr(value)) for n, value in enumerate(speed)]
    else:
        messages += saying("/speed", ({"data": value} for value in speed), start_ns=start_ns)
    if fat:
        images = ("x" * 40_000 for _ in range(round(seconds * 5)))
        messages += saying("/camera", images, start_ns=start_ns, rate_hz=5)
    channels = {"/speed": cdr_channel("/speed")} if encoding == "cdr" else {}
    return write_messages(path, sorted(messages, key=lambda one: one.log_time_ns), channels=channels, metadata=metadata)


def truncated(path: Path, to: Path, *, part: float = 0.6) -> Path:
    """A copy that ends too early, as after a power cut."""
    content = path.read_bytes()
    to.write_bytes(content[: round(len(content) * part)])
    return to
