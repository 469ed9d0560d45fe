"""Custom fields of tasks: what each kind holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from pilothouse.hub.boards.domain.problems import (
    FieldDefinitionUnusable,
    FieldMissing,
    FieldUnusable,
    UnknownField,
)
from pilothouse.hub.boards.domain.states import FieldKind

FieldValue = str | float | int | bool | None
LONGEST_TEXT = 10_000
LONGEST_URL = 2_000
# Beyond it not every reader of JSON keeps a whole number as it is.
LARGEST_NUMBER = 2**53


@dataclass(frozen=True, slots=True)
class Field:
    key: str
    kind: FieldKind
    is_required: bool
    default: FieldValue
    options: Sequence[str]


def _text(value: FieldValue, _field: Field) -> str | None:
    if not isinstance(value, str):
        return "must be text"
    return f"takes {LONGEST_TEXT} characters" if len(value) > LONGEST_TEXT else None


def _number(value: FieldValue, _field: Field) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "must be a number"
    if abs(value) > LARGEST_NUMBER or not math.isfinite(value):
        return "must be a number between -2^53 and 2^53"
    return None


def _boolean(value: FieldValue, _field: Field) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _date(value: FieldValue, _field: Field) -> str | None:
    try:
        fits = isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        fits = False
    return None if fits else "must be a date such as 2026-05-12"


def _enum(value: FieldValue, field: Field) -> str | None:
    return None if isinstance(value, str) and value in field.options else f"must be one of {', '.join(field.options)}"


def _url(value: FieldValue, _field: Field) -> str | None:
    try:
        parts = urlsplit(value) if isinstance(value, str) and len(value) <= LONGEST_URL else None
        fits = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fits = False
    return None if fits else f"must be an http or https address of at most {LONGEST_URL} characters"


_CHECKS: dict[FieldKind, Callable[[FieldValue, Field], str | None]] = {
    FieldKind.TEXT: _text,
    FieldKind.NUMBER: _number,
    FieldKind.BOOLEAN: _boolean,
    FieldKind.DATE: _date,
    FieldKind.ENUM: _enum,
    FieldKind.URL: _url,
}


def problem_of(field: Field, value: FieldValue) -> str | None:
    """What is wrong with a value for a field."""
    return _CHECKS[field.kind](value, field)


def check_definition(field: Field) -> None:
    """Raise FieldDefinitionUnusable when no value, or not even its own default, would fit."""
    if (field.kind is FieldKind.ENUM) != bool(field.options):
        raise FieldDefinitionUnusable(reason="options: give them for the kind enum, and for no other")
    if len(set(field.options)) != len(field.options):
        raise FieldDefinitionUnusable(reason="options: one of them stands there twice")
    if field.default is not None and (reason := problem_of(field, field.default)):
        raise FieldDefinitionUnusable(reason=f"default: {reason}")


def filled(fields: Sequence[Field], given: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    """The values of a new task: what was given, defaults for the rest.

    Raises UnknownField, FieldUnusable, FieldMissing.
    """
    values = {field.key: field.default for field in fields if field.default is not None}
    return _checked(fields, values | _known(fields, given))


def changed(
    fields: Sequence[Field], present: Mapping[str, FieldValue], given: Mapping[str, FieldValue]
) -> dict[str, FieldValue]:
    """The values of a task after a change: null clears one, and what is not given stays. What a task has by a field
    that was made required later is not asked for until it is touched."""
    merged = {**present, **_known(fields, given)}
    wanted: dict[str, FieldValue] = {key: value for key, value in merged.items() if value is not None}
    touched = [field for field in fields if field.key in given]
    _checked(touched, wanted)
    return wanted


def _known(fields: Sequence[Field], given: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    keys = {field.key for field in fields}
    for key in given:
        if key not in keys:
            raise UnknownField(key=key[:100])
    return dict(given)


def _checked(fields: Sequence[Field], values: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    for field in fields:
        value = values.get(field.key)
        if value is None:
            if field.is_required:
                raise FieldMissing(key=field.key)
        elif reason := problem_of(field, value):
            raise FieldUnusable(key=field.key, reason=reason)
    return {key: value for key, value in values.items() if value is not None}
