"""Messages as plain Python values: dicts, lists, strings, numbers, bytes (runs of numbers may be numpy arrays)."""

from __future__ import annotations

import json
from collections.abc import Callable

from pilothouse.mcap.model import Channel
from pilothouse.mcap.problems import Broken, Undecodable

Decode = Callable[[bytes], object]

SUPPORTED = "json, ros1, cdr and protobuf can be decoded"


class Decoders:
    """Decodes messages of any channel, keeping what it learned of each schema. Not for several threads at once.

    rosbags, numpy and protobuf are imported when the first message that needs them comes.
    """

    def __init__(self) -> None:
        self._by_channel: dict[int, tuple[Channel, Decode]] = {}

    def decode(self, channel: Channel, content: bytes) -> object:
        """The value of a message; raises Undecodable."""
        known = self._by_channel.get(id(channel))
        if known is None or known[0] is not channel:
            known = self._by_channel[id(channel)] = (channel, self._decoder_for(channel))
        try:
            return known[1](content)
        except Exception as error:  # noqa: BLE001 - three libraries, each with its own idea of what nonsense raises
            reason = " ".join(str(error).split()) or type(error).__name__
            raise Undecodable(topic=channel.topic, reason=f"{channel.message_encoding}: {reason[:200]}") from None

    def _decoder_for(self, channel: Channel) -> Decode:
        encoding, schema = channel.message_encoding, channel.schema
        if encoding == "json":
            return json.loads
        make = {"cdr": _cdr, "ros1": _ros1, "protobuf": _protobuf}.get(encoding)
        if make is None:
            raise Undecodable(topic=channel.topic, reason=f"its encoding is {encoding[:50]!r}; {SUPPORTED}")
        if schema is None or not schema.data:
            raise Undecodable(topic=channel.topic, reason=f"{encoding} needs a schema and the channel has none")
        try:
            return make(schema.name, schema.encoding, schema.data)
        except Broken as problem:
            raise Undecodable(topic=channel.topic, reason=problem) from None


def _cdr(name: str, encoding: str, definition: bytes) -> Decode:
    from pilothouse.mcap.ros import cdr_decoder

    return cdr_decoder(name, encoding, definition)


def _ros1(name: str, encoding: str, definition: bytes) -> Decode:
    from pilothouse.mcap.ros import ros1_decoder

    return ros1_decoder(name, encoding, definition)


def _protobuf(name: str, encoding: str, definition: bytes) -> Decode:
    from pilothouse.mcap.protobuf import protobuf_decoder

    return protobuf_decoder(name, encoding, definition)
