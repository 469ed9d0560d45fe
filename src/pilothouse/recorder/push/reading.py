"""Messages as programs without a middleware push them: JSON lines, or one message of bytes. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from pilothouse.kit.errors import Invalid
from pilothouse.mcap import Schema
from pilothouse.recorder.text import is_utf8

MIB = 1 << 20
# A JSON line is in memory whole; an image in base64 fits.
LINE_BYTES = 16 * MIB
Content = bytes | bytearray
TOPIC_BYTES = 500
NAME_LENGTH = 200
SCHEMA_BYTES = 64 << 10

_ENCODING = re.compile(r"[a-z0-9][a-z0-9._+-]{0,31}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Where a message names its topic first, that can be told of one that cannot be read otherwise.
_TOPIC_FIRST = re.compile(rb'\s*\{\s*"topic"\s*:\s*("(?:[^"\\]|\\.)*")')
NAMING_BYTES = 2 * TOPIC_BYTES


class UnreadableMessage(Invalid):
    """This is no message that can be recorded: {reason}."""

    @property
    def reason(self) -> str:
        return str(self.facts["reason"])


@dataclass(frozen=True, slots=True)
class Pushed:
    """One message as it was sent; ``log_time_ns`` is None when the recorder shall set it."""

    topic: str
    encoding: str
    schema: Schema | None
    log_time_ns: int | None
    content: Content


class Line(NamedTuple):
    """A line and its number, from 1; ``text`` is None for one that was longer than ``limit`` and not kept."""

    number: int
    text: bytes | None
    limit: int = LINE_BYTES
    beginning: bytes = b""
    """Of one that was not kept."""


class Lines:
    """Cuts a stream of bytes into lines, keeping at most one unfinished one."""

    def __init__(self, limit: int = LINE_BYTES) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._number = 0
        self._too_long = False
        self._beginning = b""

    @property
    def held_bytes(self) -> int:
        return len(self._rest)

    def feed(self, part: bytes) -> list[Line]:
        """The lines that this part completes; blank ones are counted and left out."""
        first, *others = part.split(b"\n")
        self._extend(first)
        if not others:
            return []
        found = [self._cut(bytes(self._rest))]
        for text in others[:-1]:
            if len(text) > self._limit:
                self._extend(text)
            found.append(self._cut(text))
        self._extend(others[-1])
        return [line for line in found if line.text is None or line.text.strip()]

    def end(self) -> list[Line]:
        """The last line, which needs no line break."""
        return self.feed(b"\n")

    def _extend(self, text: bytes) -> None:
        if self._too_long or len(self._rest) + len(text) > self._limit:
            self._beginning = self._beginning or bytes(self._rest[:NAMING_BYTES] + text[:NAMING_BYTES])
            self._too_long = True
            self._rest = bytearray()
        else:
            self._rest += text

    def _cut(self, text: bytes) -> Line:
        self._number += 1
        line = Line(self._number, None if self._too_long else text, self._limit, self._beginning)
        self._rest, self._too_long, self._beginning = bytearray(), False, b""
        return line


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    """Everything but the content; in front of bytes it stands alone."""

    topic: str
    encoding: str = "json"
    log_time_ns: int | None = None
    schema: msgspec.Raw = msgspec.Raw(b"null")
    schema_name: str | None = None


class _JsonLine(_Head, kw_only=True, forbid_unknown_fields=True):
    data: msgspec.Raw


class _Titled(msgspec.Struct):
    title: object = None


_decode_line = msgspec.json.Decoder(_JsonLine).decode
_decode_head = msgspec.json.Decoder(_Head).decode
_decode_titled = msgspec.json.Decoder(_Titled).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def topic_in(text: bytes) -> str | None:
    """The topic that something names first which is perhaps no message."""
    found = _TOPIC_FIRST.match(text[:NAMING_BYTES])
    try:
        return None if found is None else msgspec.json.decode(found[1], type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def topic_of(header: str | None) -> str | None:
    """The topic that a header names; None where it is none."""
    try:
        return None if header is None else _from_header(header)
    except UnicodeError:
        return None


def _from_header(text: str) -> str:
    return text.encode("latin-1").decode()


def parse_line(text: bytes | None, *, limit: int = LINE_BYTES) -> Pushed:
    """The message of a line ``{"topic": …, "data": …}``; its data is kept as it was written."""
    if text is None:
        raise UnreadableMessage(
            reason=f"a line has at most {limit} bytes here; send a larger message as application/octet-stream"
        )
    line = _decoded(_decode_line, text)
    if line.encoding != "json":
        raise UnreadableMessage(reason="a line carries JSON; send other encodings as application/octet-stream")
    return _pushed(line, bytes(line.data))


def parse_frame(frame: bytes) -> Pushed:
    """The message of a binary WebSocket frame: a JSON line about it, a line break, its bytes."""
    head, separator, content = frame.partition(b"\n")
    if not separator:
        raise UnreadableMessage(reason="a binary frame is a line of JSON, a line break and the message")
    return _pushed(_decoded(_decode_head, head), content)


def parse_document(document: bytes) -> Iterator[Line]:
    """What a JSON document holds, as lines: one message, or an array of them."""
    text = document.strip()
    if not text.startswith(b"["):
        yield Line(1, text)
        return
    try:
        members = _decode_list(text)
    except (msgspec.MsgspecError, RecursionError):
        yield Line(1, text)
        return
    for number, member in enumerate(members, 1):
        yield Line(number, bytes(member))


def parse_binary(
    content: Content, *, topic: str | None, encoding: str | None, schema_name: str | None = None,
    schema_encoding: str | None = None, schema: str | None = None, log_time_ns: int | None = None,
) -> Pushed:  # fmt: skip
    """The message of a body of bytes, described by headers; ``schema`` is base64."""
    if topic is None or encoding is None:
        raise UnreadableMessage(reason="bytes need the headers X-Topic and X-Message-Encoding")
    try:
        topic = _from_header(topic)
        described = base64.b64decode(schema or "", validate=True)
    except (UnicodeError, binascii.Error):
        raise UnreadableMessage(reason="X-Topic is UTF-8 and X-Schema base64") from None
    if described and not schema_encoding:
        raise UnreadableMessage(reason="X-Schema needs X-Schema-Encoding")
    named = None
    if schema_name:
        named = Schema(_checked_name(schema_name), schema_encoding or "" if described else "", described)
    elif described:
        raise UnreadableMessage(reason="X-Schema needs X-Schema-Name")
    head = _Head(topic=topic, encoding=encoding, log_time_ns=log_time_ns)
    return _pushed(head, content, named)


def _decoded(decode: object, text: bytes) -> _JsonLine:
    try:
        text.decode()
        return decode(text)  # type: ignore[operator, no-any-return]
    except UnicodeDecodeError:
        raise UnreadableMessage(reason="it is not UTF-8") from None
    except RecursionError:
        raise UnreadableMessage(reason="it is nested too deeply") from None
    except msgspec.ValidationError as error:
        raise UnreadableMessage(reason=str(error)[:300]) from None
    except msgspec.DecodeError as error:
        raise UnreadableMessage(reason=f"{str(error)[:300]}; mind that NaN is no JSON, and null is") from None


def _pushed(head: _Head, content: Content, schema: Schema | None = None) -> Pushed:
    _check_topic(head.topic)
    if not _ENCODING.fullmatch(head.encoding):
        raise UnreadableMessage(reason="the encoding is a short name such as json, cdr, protobuf")
    if head.encoding == "json":
        _check_json(content)
    if bytes(head.schema) != b"null":
        schema = _json_schema(head.topic, bytes(head.schema))
        if head.encoding != "json":
            raise UnreadableMessage(reason="a JSON Schema describes JSON only; name the schema of bytes in schema_name")
    elif head.schema_name:
        schema = Schema(_checked_name(head.schema_name), "", b"")
    if schema is not None and len(schema.data) > SCHEMA_BYTES:
        raise UnreadableMessage(reason=f"a schema has at most {SCHEMA_BYTES} bytes")
    return Pushed(head.topic, head.encoding, schema, head.log_time_ns, content)


def _check_json(content: Content) -> None:
    """Bytes that are called JSON must be; those out of a line are known to be."""
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
        is_json = is_utf8(content)
    except (msgspec.MsgspecError, RecursionError):
        is_json = False
    if not is_json:
        raise UnreadableMessage(reason="the message is called json and is not")


def _check_topic(topic: str) -> None:
    if not topic.strip() or len(topic.encode()) > TOPIC_BYTES or _CONTROL.search(topic):
        raise UnreadableMessage(reason=f"a topic has 1 to {TOPIC_BYTES} bytes and no control characters")


def _checked_name(name: str) -> str:
    if len(name) > NAME_LENGTH or _CONTROL.search(name):
        raise UnreadableMessage(reason=f"a schema's name has at most {NAME_LENGTH} letters and no control characters")
    return name


def _json_schema(topic: str, text: bytes) -> Schema:
    if not text.startswith(b"{"):
        raise UnreadableMessage(reason="schema is a JSON Schema, an object")
    try:
        title = _decode_titled(text).title
    except (msgspec.MsgspecError, RecursionError):
        title = None
    return Schema(_checked_name(title) if isinstance(title, str) and title else topic.strip("/"), "jsonschema", text)
