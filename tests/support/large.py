"""A recording too large to be read as a whole: a camera's, laid out as the recorder lays out what it writes."""

from __future__ import annotations

import io
import random
from pathlib import Path

from foxglove.messages import CompressedImage, Timestamp
from mcap.writer import CompressionType, Writer

from tests.support.flights import NS_PER_S, START_NS, float64_cdr

FRAMES_PER_S = 20
SPEEDS_PER_S = 50
# So many different pictures; noise does not get smaller by packing it again.
_PICTURES = 8


def write_large(path: Path, *, size_bytes: int, picture_bytes: int) -> int:
    """``/camera`` in chunks of its own, ``/speed`` (a saw of 10 s) in others; returns the seconds that it lasts."""
    pictures = _noise(picture_bytes)
    seconds = max(1, round(size_bytes / (len(pictures[0]) * FRAMES_PER_S)))
    with path.open("wb") as file:
        writer = Writer(file, compression=CompressionType.LZ4, chunk_size=4 << 20)
        writer.start(profile="", library="tests")
        image = CompressedImage.get_schema()
        images = writer.register_schema(image.name, image.encoding, image.data)
        float64 = writer.register_schema("std_msgs/msg/Float64", "ros2msg", b"float64 data\n")
        camera = writer.register_channel("/camera", "protobuf", images)
        speed = writer.register_channel("/speed", "cdr", float64)
        for second in range(seconds):
            begin_ns = START_NS + second * NS_PER_S
            for number in range(SPEEDS_PER_S):
                value = (second + number / SPEEDS_PER_S) % 10
                time_ns = begin_ns + number * NS_PER_S // SPEEDS_PER_S
                writer.add_message(speed, time_ns, float64_cdr(value), time_ns)
            writer.flush()  # type: ignore[no-untyped-call]
            for number in range(FRAMES_PER_S):
                time_ns = begin_ns + number * NS_PER_S // FRAMES_PER_S
                taken = Timestamp(time_ns // NS_PER_S, time_ns % NS_PER_S)
                picture = pictures[(second * FRAMES_PER_S + number) % _PICTURES]
                shown = CompressedImage(timestamp=taken, frame_id="front", data=picture, format="jpeg")
                writer.add_message(camera, time_ns, shown.encode(), time_ns)
            writer.flush()  # type: ignore[no-untyped-call]
        writer.finish()  # type: ignore[no-untyped-call]
    return seconds


def _noise(about_bytes: int) -> list[bytes]:
    from PIL import Image

    # A pixel of grey noise takes about a byte at this quality.
    side = max(16, round(about_bytes**0.5))
    chance = random.Random(7)
    pictures = []
    for _ in range(_PICTURES):
        written = io.BytesIO()
        Image.frombytes("L", (side, side), chance.randbytes(side * side)).save(written, "JPEG", quality=92)
        pictures.append(written.getvalue())
    return pictures
