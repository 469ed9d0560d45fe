"""ROS 1 and ROS 2 messages, decoded by rosbags from the schemas in the file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rosbags.interfaces import Nodetype
from rosbags.typesys import get_types_from_idl, get_types_from_msg
from rosbags.typesys.base import TypesysError, normalize_fieldname
from rosbags.typesys.store import Typestore

from pilothouse.mcap.problems import Broken

_IDL_BEGIN = re.compile(r"^=+\nIDL: [^\n]+\n", re.MULTILINE)
# What a message on any topic may refer to without bringing its definition, because every ROS has it.
_BUILTIN_MSG = {
    "builtin_interfaces/msg/Time": "int32 sec\nuint32 nanosec\n",
    "builtin_interfaces/msg/Duration": "int32 sec\nuint32 nanosec\n",
}

# Program text is made of a schema, for every field, and for every element of a fixed array of texts or messages; while
# it is compiled, no other thread of the process runs.
MOST_FIELDS = 2_000
MOST_SCHEMA_BYTES = 256 << 10
# Parts of a message that have no content, such as the goal of an action that needs none.
MOST_EMPTY_PARTS = 100
# What rosbags gives a type without fields; ROS 2 spends a byte on it, ROS 1 does not.
FILLER = "structure_needs_at_least_one_member"

Convert = Callable[[Any], dict[str, Any]]


def cdr_decoder(name: str, encoding: str, definition: bytes) -> Callable[[bytes], object]:
    """Decoder of ROS 2 messages from a ros2msg or ros2idl schema; raises Broken."""
    text = _text(definition)
    if encoding == "ros2msg":
        store, type_name = _store_from_msg(name, text, builtin=_BUILTIN_MSG)
    elif encoding in ("ros2idl", "omgidl"):
        store, type_name = _store_from_idl(name, text)
    else:
        raise Broken(f"cdr with a schema in {encoding[:50]!r}; ros2msg and ros2idl can be read")
    is_flat = _check_parts(store, type_name, empty_parts_are_free=False)
    return _Decoder(partial(store.deserialize_cdr, typename=type_name), _converter(store, type_name, {}), is_flat)


def ros1_decoder(name: str, encoding: str, definition: bytes) -> Callable[[bytes], object]:
    """Decoder of ROS 1 messages from a ros1msg schema; raises Broken."""
    if encoding != "ros1msg":
        raise Broken(f"ros1 with a schema in {encoding[:50]!r}; ros1msg can be read")
    store, type_name = _store_from_msg(name, _text(definition), builtin={})
    is_flat = _check_parts(store, type_name, empty_parts_are_free=True)
    return _Decoder(partial(store.deserialize_ros1, typename=type_name), _converter(store, type_name, {}), is_flat)


@dataclass(frozen=True, slots=True)
class _Decoder:
    """``is_flat``: however large a message is, it becomes few objects, as pictures do."""

    read: Callable[..., Any]
    convert: Convert
    is_flat: bool

    def __call__(self, content: bytes) -> dict[str, Any]:
        return self.convert(self.read(content))


def _text(definition: bytes) -> str:
    if len(definition) > MOST_SCHEMA_BYTES:
        raise Broken(f"its schema takes {len(definition)} bytes; up to {MOST_SCHEMA_BYTES} can be read")
    return definition.decode("utf-8", "replace")


def _store_from_msg(name: str, text: str, *, builtin: dict[str, str]) -> tuple[Typestore, str]:
    store = Typestore()
    try:
        types = get_types_from_msg(text, name)
        missing = {key: one for key, one in builtin.items() if key not in types}
        for key, one in missing.items():
            types |= get_types_from_msg(one, key)
        store.register(types)
    except TypesysError as error:
        raise Broken(f"its schema {name!r} is not readable ({error})") from None
    return store, next(iter(types))


def _store_from_idl(name: str, text: str) -> tuple[Typestore, str]:
    store = Typestore()
    parts = [one for one in _IDL_BEGIN.split(text) if one.strip()]
    types: dict[str, Any] = {}
    try:
        for part in parts:
            types |= get_types_from_idl(part)
        store.register(types)
    except TypesysError as error:
        raise Broken(f"its schema {name!r} is not readable ({error})") from None
    wanted = name if "/msg/" in name else name.replace("::", "/").replace("/", "/msg/", 1)
    if wanted not in types:
        raise Broken(f"its schema does not define {name!r}")
    return store, wanted


@dataclass(slots=True)
class _Parts:
    """What decoding messages of a schema is made of, counted before any of it is."""

    store: Typestore
    empty_types: dict[str, bool] = field(default_factory=dict)
    empty: dict[str, float] = field(default_factory=dict)
    fields: int = 0
    is_flat: bool = True

    def count(self, type_name: str) -> None:
        """Walk through a type and those within it; the outcome is in ``empty_types``, ``empty`` and ``fields``."""
        if type_name in self.empty:
            return
        # A type within itself: reading such a message ends where its bytes do.
        self.empty_types[type_name], self.empty[type_name] = False, 0
        is_empty, empty = True, 0.0
        for name, (kind, of) in self.store.fielddefs[type_name][1]:
            element: Any = of[0] if kind in (Nodetype.ARRAY, Nodetype.SEQUENCE) else (kind, of)
            size = int(of[1]) if kind == Nodetype.ARRAY else 1
            is_number = element[0] == Nodetype.BASE and element[1][0] != "string"
            self.fields += 1 if is_number else max(1, size)
            inner_empty, inner = name == FILLER, 0.0
            if element[0] == Nodetype.NAME:
                self.count(element[1])
                inner_empty = self.empty_types[element[1]]
                inner = self.empty[element[1]] + inner_empty
            if kind == Nodetype.SEQUENCE and not is_number:
                self.is_flat = False
            if kind == Nodetype.SEQUENCE:
                empty += math.inf if inner_empty else inner
            else:
                empty += size * inner
            is_empty = is_empty and kind != Nodetype.SEQUENCE and (inner_empty or size == 0)
        self.empty_types[type_name], self.empty[type_name] = is_empty, empty


def _check_parts(store: Typestore, type_name: str, *, empty_parts_are_free: bool) -> bool:
    """Whether messages are flat. A schema of a few bytes could ask for billions of parts; raises Broken."""
    parts = _Parts(store)
    parts.count(type_name)
    if parts.fields > MOST_FIELDS:
        raise Broken(f"its schema has {parts.fields} fields and elements; up to {MOST_FIELDS} can be read")
    if empty_parts_are_free and parts.empty[type_name] > MOST_EMPTY_PARTS:
        raise Broken(f"its schema has more than {MOST_EMPTY_PARTS} parts without content")
    return parts.is_flat


def _converter(store: Typestore, type_name: str, known: dict[str, Convert]) -> Convert:
    """What turns a decoded message into a dict, with its nested messages; runs of numbers stay numpy arrays."""
    if type_name in known:
        return known[type_name]
    nested: list[tuple[str, Convert, bool]] = []
    renamed: list[tuple[str, str]] = []

    def convert(message: Any) -> dict[str, Any]:
        # Nobody else has the message: its own dict is the fastest one to be had.
        values: dict[str, Any] = message.__dict__
        values.pop("__msgtype__", None)
        for name, convert_part, many in nested:
            part = values[name]
            values[name] = [convert_part(one) for one in part] if many else convert_part(part)
        for safe_name, name in renamed:
            values[name] = values.pop(safe_name)
        return values

    known[type_name] = convert
    for name, description in store.fielddefs[type_name][1]:
        safe_name = normalize_fieldname(name)
        if safe_name != name:
            renamed.append((safe_name, name))
        many = description[0] in (Nodetype.ARRAY, Nodetype.SEQUENCE)
        element: Any = description[1][0] if many else description
        if element[0] == Nodetype.NAME:
            nested.append((safe_name, _converter(store, element[1], known), many))
    return convert
