"""JPEG frames as ``foxglove.CompressedImage``, which viewers show as they are. Protobuf by hand: four fields."""

from __future__ import annotations

from functools import cache

from pilothouse.mcap.model import Channel, Schema

NS_PER_S = 1_000_000_000
NAME = "foxglove.CompressedImage"


def image_channel(topic: str) -> Channel:
    """A topic of compressed images."""
    return Channel(topic, "protobuf", Schema(NAME, "protobuf", descriptor_set()))


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


@cache
def descriptor_set() -> bytes:
    """The schema, as MCAP wants it: the message's file and the one it imports."""
    from google.protobuf import descriptor_pb2, timestamp_pb2

    files = descriptor_pb2.FileDescriptorSet()
    timestamp_pb2.DESCRIPTOR.CopyToProto(files.file.add())
    file = files.file.add(name="foxglove/CompressedImage.proto", package="foxglove", syntax="proto3")
    file.dependency.append("google/protobuf/timestamp.proto")
    message = file.message_type.add(name="CompressedImage")
    kinds = descriptor_pb2.FieldDescriptorProto
    message.field.add(
        name="timestamp", number=1, label=kinds.LABEL_OPTIONAL, type=kinds.TYPE_MESSAGE,
        type_name=".google.protobuf.Timestamp", json_name="timestamp",
    )  # fmt: skip
    for number, name, kind in ((2, "data", kinds.TYPE_BYTES), (3, "format", kinds.TYPE_STRING),
                               (4, "frame_id", kinds.TYPE_STRING)):  # fmt: skip
        message.field.add(name=name, number=number, label=kinds.LABEL_OPTIONAL, type=kind)
    return files.SerializeToString()


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
