"""A recording with everything a timeline can show: images, a path, a battery, a log, three encodings, lost messages."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from foxglove.messages import CompressedImage, Log, LogLevel, Timestamp
from mcap.writer import CompressionType, Writer

from tests.support.flights import NS_PER_S, START_NS, float64_cdr

SECONDS = 12
TRIGGER_S = 8.0
# Messages of /odom between these are missing.
GAP_S = (3.0, 4.0)
LOGGED = ((1.0, LogLevel.Info, "ready to drive"), (5.0, LogLevel.Warning, "wheel slips"),
          (7.9, LogLevel.Error, "obstacle <b>not</b> seen"))  # fmt: skip


class _Message(NamedTuple):
    time_ns: int
    topic: str
    content: bytes


def write_sighted(path: Path, robot_id: str = "rover-7") -> Path:
    """Twelve seconds of a rover in lz4 chunks. ``/speed`` (CDR) rises by 1 m/s each second and fires at 8 m/s."""
    facts = {
        "version": "1",
        "session_id": path.stem,
        "robot_id": robot_id,
        "label": "rover passed 8 m/s",
        "reason": "trigger",
        "pre_s": "6.0",
        "post_s": "2.0",
        "drops": json.dumps({"/odom": 20}),
        "trigger": json.dumps(
            {
                "rule": "overspeed", "kind": "threshold", "topic": "/speed", "field": "data", "value": 8.0, "op": "ge",
                "threshold": 8.0, "fired_at_ns": START_NS + round(TRIGGER_S * NS_PER_S),
            }
        ),
    }  # fmt: skip
    with path.open("wb") as file:
        writer = Writer(file, compression=CompressionType.LZ4, chunk_size=100_000)
        writer.start(profile="", library="tests")
        writer.add_metadata("pilothouse", facts)
        channels = _channels(writer)
        for message in sorted(_messages()):
            writer.add_message(channels[message.topic], message.time_ns, message.content, message.time_ns)
        writer.finish()  # type: ignore[no-untyped-call]
    return path


def _channels(writer: Writer) -> dict[str, int]:
    float64 = writer.register_schema("std_msgs/msg/Float64", "ros2msg", b"float64 data\n")
    plain = writer.register_schema("rover.State", "jsonschema", b'{"type": "object"}')
    image, log = CompressedImage.get_schema(), Log.get_schema()
    images = writer.register_schema(image.name, image.encoding, image.data)
    logs = writer.register_schema(log.name, log.encoding, log.data)
    return {
        "/speed": writer.register_channel("/speed", "cdr", float64),
        "/odom": writer.register_channel("/odom", "json", plain),
        "/battery": writer.register_channel("/battery", "json", plain),
        "/camera/front": writer.register_channel("/camera/front", "protobuf", images),
        "/log": writer.register_channel("/log", "protobuf", logs),
        "/opaque": writer.register_channel("/opaque", "x-unheard-of", 0),
    }


def _messages() -> Iterator[_Message]:
    for number in range(SECONDS * 20):
        at = number / 20
        yield _Message(_ns(at), "/speed", float64_cdr(at))
        if not GAP_S[0] < at < GAP_S[1]:
            pose = {"position": {"x": 10 * math.cos(at / 2), "y": 6 * math.sin(at / 2)}, "count": number}
            yield _Message(_ns(at), "/odom", json.dumps({"pose": pose}).encode())
    for second in range(SECONDS):
        charge = {"percentage": 0.9 - second * 0.06, "voltage": 24.0 - second / 10}
        yield _Message(_ns(second), "/battery", json.dumps(charge).encode())
        yield _Message(_ns(second), "/opaque", b"\x01\x02\x03")
    for frame in range(SECONDS * 5):
        time = Timestamp(START_NS // NS_PER_S + frame // 5, frame % 5 * 200_000_000)
        image = CompressedImage(timestamp=time, frame_id="front", data=_picture(frame), format="jpeg")
        yield _Message(_ns(frame / 5), "/camera/front", image.encode())
    for at, level, text in LOGGED:
        time = Timestamp(START_NS // NS_PER_S + int(at), 0)
        said = Log(timestamp=time, level=level, message=text, name="driver", file="drive.py", line=7)
        yield _Message(_ns(at), "/log", said.encode())


def _ns(seconds: float) -> int:
    return START_NS + round(seconds * NS_PER_S)


def _picture(frame: int) -> bytes:
    """A dot that moves to the right, on a ground that gets lighter: one picture tells its time."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (320, 180), (20, 30, 40 + 3 * frame))
    ImageDraw.Draw(picture).ellipse((frame * 5, 80, frame * 5 + 20, 100), fill=(240, 240, 240))
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=70)
    return written.getvalue()
