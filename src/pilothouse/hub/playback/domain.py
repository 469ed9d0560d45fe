"""Decoded messages as JSON, the numbers in them, and what may be wrong with a question about them. Pure."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from pilothouse.kit.errors import Invalid, NotFound
from pilothouse.kit.nearest import nearest
from pilothouse.triggers.field_path import FieldPath

# A laser scan has thousands of numbers, an image millions: a reader of messages wants to see that they are there.
MAX_RUN = 256
# Of one message: what somebody may choose a plot from.
MAX_FIELDS = 500
# Elements of an array that are offered one by one, such as the joints of an arm.
MAX_ELEMENTS = 32
MAX_DEPTH = 24
# Of a text or of the fields of one object: what a person reads of them.
MAX_TEXT = 10_000
MAX_KEYS = 2_000
# A longer name of a field is none that anybody would plot; one with what paths and lists of them are made of in it
# cannot be asked for.
_PLOTTABLE = re.compile(r"[^.\[\],\s]{1,200}")
# MCAP times are unsigned; what lies beyond 2262 is shown as 2262, as everywhere on the hub.
LATEST_NS = 2**63 - 1


class UnknownTopic(NotFound):
    """This recording has no topic {topic!r}{hint}."""


class UnknownField(Invalid):
    """{field!r} is not a field of this recording{hint}; write it as /topic.path.to.field."""


class NotNumeric(Invalid):
    """{field} holds no numbers in this recording, so there is nothing to plot."""


class NotAnImage(Invalid):
    """{topic} holds no images that can be shown: {reason}."""


class NoFrame(NotFound):
    """{topic} has no image at or before this time."""


class BadWindow(Invalid):
    """The end of the window must lie after its start."""


class TooMuchToRead(Invalid):
    """This asks for too much of the recording at once: {why}. Ask for a shorter time or for less of it."""


def like(wanted: str, known: Collection[str]) -> str:
    """The end of a sentence that names the nearest known name, if one is near."""
    found = nearest(wanted, known)
    return f"; the nearest is {found!r}" if found else ""


def split(field: str, topics: Collection[str]) -> tuple[str, FieldPath]:
    """``/odom.twist.linear.x`` as topic and path: topics may have dots too, so the longest that fits is meant."""
    fitting = [
        topic for topic in topics if field.startswith(topic) and field[len(topic) : len(topic) + 1] in (".", "[")
    ]
    if not fitting:
        raise UnknownField(field=field, hint=like(field.partition(".")[0], topics))
    topic = max(fitting, key=len)
    try:
        return topic, FieldPath(field[len(topic) :].removeprefix("."))
    except ValueError:
        raise UnknownField(field=field, hint="") from None


def as_number(value: object) -> float | None:
    """A number, or None for what is none; true is one."""
    if isinstance(value, bool | int | float):
        return _float(value)
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:  # a numpy scalar
        return as_number(value.item())
    return None


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def numeric_fields(decoded: object) -> list[str]:
    """Paths of the numbers in a message, in its order."""
    return list(islice(_numbers(decoded, "", 0), MAX_FIELDS))


def _numbers(value: object, path: str, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        return
    if as_number(value) is not None:
        if path:
            yield path
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(name, str) and _PLOTTABLE.fullmatch(name) and name == _text(name):
                yield from _numbers(inner, f"{path}.{name}" if path else name, depth + 1)
    elif (run := as_run(value)) is not None and len(run) <= MAX_ELEMENTS:
        for number, inner in enumerate(run):
            yield from _numbers(inner, f"{path}[{number}]", depth + 1)


def as_run(value: object) -> Sequence[Any] | None:
    """A list of values, numpy's among them; None for anything else."""
    if isinstance(value, list | tuple):
        return value
    if hasattr(value, "tolist") and getattr(value, "ndim", 0) > 0:
        return value  # type: ignore[return-value]
    return None


def _text(value: str) -> str:
    """Text that JSON carries: JSON in a recording may hold halves of characters, which UTF-8 has no bytes for."""
    return value[:MAX_TEXT] if value.isascii() else value[:MAX_TEXT].encode("utf-8", "replace").decode()


def as_json(value: object, depth: int = 0) -> Any:
    """A decoded message as JSON. Long runs are cut and say how long they were; bytes are base64 and say so too."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value) if len(value) <= MAX_TEXT else {"$length": len(value), "first": _text(value)}
    if isinstance(value, int):
        return value if abs(value) < 2**63 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        fields = {_text(str(key)): as_json(inner, depth + 1) for key, inner in islice(value.items(), MAX_KEYS)}
        return fields if len(value) <= MAX_KEYS else {**fields, "$length": len(value)}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"$bytes": len(value), "base64": base64.b64encode(bytes(value[:MAX_RUN])).decode()}
    if (run := as_run(value)) is not None:
        shown = [as_json(one, depth + 1) for one in run[:MAX_RUN]]
        return shown if len(run) <= MAX_RUN else {"$length": len(run), "first": shown}
    number = as_number(value)
    return str(value) if number is None else as_json(number, depth)
