"""JPEG frames as ``foxglove.CompressedImage``, which viewers show as they are. Protobuf by hand: four fields."""

from __future__ import annotations

from base64 import b64decode

from pilothouse.mcap.model import Channel, Schema

NS_PER_S = 1_000_000_000
NAME = "foxglove.CompressedImage"
# The descriptor set of foxglove/CompressedImage.proto and google/protobuf/timestamp.proto, as `protoc` makes it.
# Making it here would cost a robot the 7 MiB of the protobuf library, for the sake of 469 bytes.
DESCRIPTOR_SET = b64decode(
    "Cv8BCh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvEg9nb29nbGUucHJvdG9idWYiOwoJVGltZXN0YW1wEhgKB3NlY29u"
    "ZHMYASABKANSB3NlY29uZHMSFAoFbmFub3MYAiABKAVSBW5hbm9zQoUBChNjb20uZ29vZ2xlLnByb3RvYnVmQg5UaW1lc3RhbXBQ"
    "cm90b1ABWjJnb29nbGUuZ29sYW5nLm9yZy9wcm90b2J1Zi90eXBlcy9rbm93bi90aW1lc3RhbXBwYvgBAaICA0dQQqoCHkdvb2ds"
    "ZS5Qcm90b2J1Zi5XZWxsS25vd25UeXBlc2IGcHJvdG8zCtABCh5mb3hnbG92ZS9Db21wcmVzc2VkSW1hZ2UucHJvdG8SCGZveGds"
    "b3ZlGh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvInsKD0NvbXByZXNzZWRJbWFnZRI4Cgl0aW1lc3RhbXAYASABKAsy"
    "Gi5nb29nbGUucHJvdG9idWYuVGltZXN0YW1wUgl0aW1lc3RhbXASDAoEZGF0YRgCIAEoDBIOCgZmb3JtYXQYAyABKAkSEAoIZnJh"
    "bWVfaWQYBCABKAliBnByb3RvMw=="
)


def image_channel(topic: str) -> Channel:
    """A topic of compressed images."""
    return Channel(topic, "protobuf", Schema(NAME, "protobuf", DESCRIPTOR_SET))


def compressed_image(content: bytes, *, time_ns: int, frame_id: str = "", image_format: str = "jpeg") -> bytes:
    """A message: the frame as it is, with its time and where it was taken."""
    seconds, nanos = divmod(time_ns, NS_PER_S)
    timestamp = b"\x08" + _varint(seconds) + b"\x10" + _varint(nanos)
    return b"".join(
        (
            _field(1, timestamp),
            _field(2, content),
            _field(3, image_format.encode()),
            _field(4, frame_id.encode()),
        )
    )


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
