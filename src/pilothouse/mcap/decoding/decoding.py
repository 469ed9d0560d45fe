"""Messages as plain Python values: dicts, lists, strings, numbers, bytes (runs of numbers may be numpy arrays)."""

from __future__ import annotations

import json
from collections.abc import Callable

from pilothouse.mcap.model import Channel
from pilothouse.mcap.problems import Broken, Undecodable

Decode = Callable[[bytes], object]

# What one value takes as an object: a short text, or a small dict shared among its entries.
VALUE_BYTES = 100
# So often may a message be in memory whose parts become objects, such as the points of a path.
UNFOLDED = 25

SUPPORTED = "json, ros1, cdr and protobuf can be decoded"


class Decoders:
    """Decodes messages of any channel, keeping what it learned of each schema. Not for several threads at once.

    rosbags, numpy and protobuf are imported when the first message that needs them comes.
    """

    def __init__(self) -> None:
        self._by_channel: dict[int, tuple[Channel, Decode]] = {}

    def takes(self, channel: Channel, content: bytes | bytearray) -> int:
        """About the most memory that decoding a message takes, in bytes; known before any of it is taken."""
        if channel.message_encoding == "json":
            values = sum(content.count(one) for one in (b",", b"{", b"["))
            return 2 * len(content) + VALUE_BYTES * values
        is_flat = getattr(self._decoder(channel), "is_flat", False)
        return len(content) * (2 if is_flat else UNFOLDED)

    def decode(self, channel: Channel, content: bytes) -> object:
        """The value of a message; raises Undecodable."""
        try:
            return self._decoder(channel)(content)
        except Broken as problem:
            raise Undecodable(topic=channel.topic, reason=problem) from None
        except Exception as error:  # noqa: BLE001 - three libraries, each with its own idea of what nonsense raises
            raise Undecodable(topic=channel.topic, reason=f"{channel.message_encoding}: {_said(error)}") from None

    def _decoder(self, channel: Channel) -> Decode:
        known = self._by_channel.get(id(channel))
        if known is None or known[0] is not channel:
            known = self._by_channel[id(channel)] = (channel, _decoder_for(channel))
        return known[1]


def _decoder_for(channel: Channel) -> Decode:
    try:
        return _made(channel)
    except Broken as problem:
        reason = str(problem)
    except Exception as error:  # noqa: BLE001 - as above, for schemas
        name = channel.schema.name[:100] if channel.schema else ""
        reason = f"its schema {name!r} is not readable ({_said(error)})"

    def refuse(content: bytes) -> object:
        # Kept like a decoder: a broken schema is parsed once, not for each message.
        raise Broken(reason)

    return refuse


def _made(channel: Channel) -> Decode:
    encoding, schema = channel.message_encoding, channel.schema
    if encoding == "json":
        return json.loads
    make = {"cdr": _cdr, "ros1": _ros1, "protobuf": _protobuf}.get(encoding)
    if make is None:
        raise Broken(f"its encoding is {encoding[:50]!r}; {SUPPORTED}")
    if schema is None or not schema.data:
        raise Broken(f"{encoding} needs a schema and the channel has none")
    return make(schema.name, schema.encoding, schema.data)


def _said(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")[:200] or type(error).__name__


def _cdr(name: str, encoding: str, definition: bytes) -> Decode:
    from pilothouse.mcap.decoding.ros import cdr_decoder

    return cdr_decoder(name, encoding, definition)


def _ros1(name: str, encoding: str, definition: bytes) -> Decode:
    from pilothouse.mcap.decoding.ros import ros1_decoder

    return ros1_decoder(name, encoding, definition)


def _protobuf(name: str, encoding: str, definition: bytes) -> Decode:
    from pilothouse.mcap.decoding.protobuf import protobuf_decoder

    return protobuf_decoder(name, encoding, definition)
