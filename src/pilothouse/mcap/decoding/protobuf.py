"""Protobuf messages, decoded from the descriptor set in the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Error as ProtobufError
from google.protobuf.message import Message as ProtobufMessage
from mcap.exceptions import McapError
from mcap.records import Schema
from mcap_protobuf.decoder import DecoderFactory

from pilothouse.mcap.problems import Broken


def protobuf_decoder(name: str, encoding: str, definition: bytes) -> Callable[[bytes], object]:
    """Decoder of protobuf messages from a file descriptor set; raises Broken."""
    schema = Schema(id=1, name=name, encoding=encoding, data=definition)
    try:
        decode = DecoderFactory().decoder_for("protobuf", schema)
    except (McapError, ProtobufError, TypeError, ValueError, KeyError) as error:
        raise Broken(f"its schema {name!r} is not readable ({error})") from None
    if decode is None:
        raise Broken(f"protobuf with a schema in {encoding[:50]!r}; a protobuf descriptor set can be read")
    return lambda content: plain(decode(content))


def plain(message: ProtobufMessage) -> dict[str, object]:
    """Every field by its name, unset ones with their default; an unset message is None."""
    return {field.name: _value(message, field) for field in message.DESCRIPTOR.fields}


def _value(message: ProtobufMessage, field: Any) -> object:
    value: Any = getattr(message, field.name)
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        of_messages = kind.fields_by_name["value"].message_type is not None
        return {key: plain(one) if of_messages else one for key, one in value.items()}
    if field.is_repeated:
        return [plain(one) for one in value] if kind is not None else list(value)
    if kind is None:
        return value
    return plain(value) if message.HasField(field.name) else None
