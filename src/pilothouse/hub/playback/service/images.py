"""Images in messages as what a browser shows."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pilothouse.hub.playback.domain import NotAnImage

COMPRESSED = frozenset({"foxglove.CompressedImage", "sensor_msgs/msg/CompressedImage", "sensor_msgs/CompressedImage"})
RAW = frozenset({"foxglove.RawImage", "sensor_msgs/msg/Image", "sensor_msgs/Image"})

# Beginnings of the formats that every browser shows.
_MAGIC = ((b"\xff\xd8", "image/jpeg"), (b"\x89PNG", "image/png"), (b"RIFF", "image/webp"), (b"GIF8", "image/gif"))
# Encoding of raw images: mode of the picture, order of the bytes in it, bytes per pixel.
_RAW_MODES = {
    "rgb8": ("RGB", "RGB", 3),
    "8UC3": ("RGB", "BGR", 3),
    "bgr8": ("RGB", "BGR", 3),
    "rgba8": ("RGBA", "RGBA", 4),
    "bgra8": ("RGBA", "BGRA", 4),
    "mono8": ("L", "L", 1),
    "8UC1": ("L", "L", 1),
}
MAX_PIXELS = 64_000_000
JPEG_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Picture:
    content: bytes
    media_type: str


def picture_of(topic: str, decoded: object) -> Picture:
    """The picture in a decoded image message; raises NotAnImage."""
    if not isinstance(decoded, Mapping) or "data" not in decoded:
        raise NotAnImage(topic=topic, reason="its messages have no field 'data'")
    content = _content(topic, decoded["data"])
    if "width" in decoded and "height" in decoded:
        return _from_raw(topic, decoded, content)
    for magic, media_type in _MAGIC:
        if content.startswith(magic):
            return Picture(content, media_type)
    raise NotAnImage(topic=topic, reason=f"the format {str(decoded.get('format', ''))[:50]!r} is none a browser shows")


def _content(topic: str, value: Any) -> bytes:
    try:
        if isinstance(value, str):  # JSON carries bytes as base64
            return base64.b64decode(value, validate=True)
        if isinstance(value, bytes | bytearray | memoryview | list | tuple):  # never of a number: it is a size there
            return bytes(value)
        return bytes(value.tobytes())
    except (binascii.Error, ValueError, TypeError, AttributeError):
        raise NotAnImage(topic=topic, reason="its data are no bytes") from None


def _from_raw(topic: str, decoded: Mapping[str, Any], content: bytes) -> Picture:
    from PIL import Image

    encoding = str(decoded.get("encoding", ""))
    if encoding not in _RAW_MODES:
        known = ", ".join(_RAW_MODES)
        raise NotAnImage(topic=topic, reason=f"its encoding is {encoding[:50]!r}; {known} can be shown")
    mode, order, depth = _RAW_MODES[encoding]
    try:
        width, height, step = (int(decoded.get(name) or 0) for name in ("width", "height", "step"))
    except (ValueError, TypeError, OverflowError):
        raise NotAnImage(topic=topic, reason="its width, height and step are no numbers") from None
    step = step or width * depth
    fits = width > 0 and height > 0 and width * height <= MAX_PIXELS and step >= width * depth
    if not fits or len(content) < step * (height - 1) + width * depth:
        raise NotAnImage(topic=topic, reason=f"{len(content)} bytes are not {width} by {height} pixels of {encoding}")
    image = Image.frombuffer(mode, (width, height), content, "raw", order, step, 1)
    written = io.BytesIO()
    image.convert("L" if mode == "L" else "RGB").save(written, "JPEG", quality=JPEG_QUALITY)
    return Picture(written.getvalue(), "image/jpeg")
