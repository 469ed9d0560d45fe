"""ROS 1 and ROS 2 messages, decoded by rosbags from the schemas in the file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from rosbags.typesys import get_types_from_idl, get_types_from_msg
from rosbags.typesys.base import TypesysError
from rosbags.typesys.store import Typestore

from pilothouse.mcap.problems import Broken

_IDL_BEGIN = re.compile(r"^=+\nIDL: [^\n]+\n", re.MULTILINE)
# What a message on any topic may refer to without bringing its definition, because every ROS has it.
_BUILTIN_MSG = {
    "builtin_interfaces/msg/Time": "int32 sec\nuint32 nanosec\n",
    "builtin_interfaces/msg/Duration": "int32 sec\nuint32 nanosec\n",
}
_NUMBERS = (bool, int, float, str, bytes)


def cdr_decoder(name: str, encoding: str, definition: bytes) -> Callable[[bytes], object]:
    """Decoder of ROS 2 messages from a ros2msg or ros2idl schema; raises Broken."""
    text = definition.decode("utf-8", "replace")
    if encoding == "ros2msg":
        store, type_name = _store_from_msg(name, text, builtin=_BUILTIN_MSG)
    elif encoding in ("ros2idl", "omgidl"):
        store, type_name = _store_from_idl(name, text)
    else:
        raise Broken(f"cdr with a schema in {encoding[:50]!r}; ros2msg and ros2idl can be read")
    return lambda content: plain(store.deserialize_cdr(content, type_name))


def ros1_decoder(name: str, encoding: str, definition: bytes) -> Callable[[bytes], object]:
    """Decoder of ROS 1 messages from a ros1msg schema; raises Broken."""
    if encoding != "ros1msg":
        raise Broken(f"ros1 with a schema in {encoding[:50]!r}; ros1msg can be read")
    store, type_name = _store_from_msg(name, definition.decode("utf-8", "replace"), builtin=_ROS1_BUILTIN)
    return lambda content: plain(store.deserialize_ros1(content, type_name))


_ROS1_BUILTIN: dict[str, str] = {}


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


def plain(value: Any) -> object:
    """A decoded message as dicts and lists; runs of numbers stay numpy arrays."""
    if isinstance(value, _NUMBERS) or value is None:
        return value
    if isinstance(value, list):
        return value if not value or isinstance(value[0], _NUMBERS) else [plain(one) for one in value]
    names = _fields_of(type(value))
    if names is None:
        return value
    return {name: plain(getattr(value, name)) for name in names}


_known_fields: dict[type, tuple[str, ...] | None] = {}


def _fields_of(kind: type) -> tuple[str, ...] | None:
    try:
        return _known_fields[kind]
    except KeyError:
        names = (
            tuple(one.name for one in fields(kind) if one.name != "__msgtype__")
            if hasattr(kind, "__dataclass_fields__")
            else None
        )
        _known_fields[kind] = names
        return names
