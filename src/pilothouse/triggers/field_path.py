"""Where in a decoded message a value stands: ``data``, ``pose.position.x``, ``ranges[3]``, ``a.b[0].c``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, StringConstraints

_STEP = re.compile(r"\.?(?P<name>[^.\[\]\s]+)|\[(?P<index>-?\d{1,9})\]")


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING
"""A message has nothing at the path; different from a value that is null."""


class FieldPath:
    """A parsed path; raises ``ValueError`` for text that is none."""

    __slots__ = ("_steps", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps = _parse(text)

    def find(self, decoded: object) -> object:
        """The value at the path, or MISSING."""
        current: Any = decoded
        for step in self._steps:
            if isinstance(current, Mapping) == isinstance(step, int) or isinstance(current, str):
                return MISSING
            try:
                current = current[step]
            except (KeyError, IndexError, TypeError):
                return MISSING
        return current


def _parse(text: str) -> tuple[str | int, ...]:
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        step = _STEP.match(text, position)
        if step is None or (position == 0 and text.startswith(".")) or _joined_without_dot(text, position, step):
            raise ValueError(f"{text!r} is not a field path; write it like 'pose.position.x' or 'ranges[3]'")
        steps.append(int(step["index"]) if step["name"] is None else step["name"])
        position = step.end()
    if not steps:
        raise ValueError("a field path is needed, such as 'data' or 'pose.position.x'")
    return tuple(steps)


def _joined_without_dot(text: str, position: int, step: re.Match[str]) -> bool:
    return position > 0 and step["name"] is not None and text[position] != "."


def _checked(text: str) -> str:
    FieldPath(text)
    return text


FieldPathText = Annotated[str, StringConstraints(max_length=500), AfterValidator(_checked)]
"""A path in a configuration, kept as text."""
