"""A list of triggers as people write it: rules of any kind, one-line expressions, presets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pilothouse.kit.errors import BadConfiguration
from pilothouse.triggers.expression import parse_expression


def expand(written: Any) -> Any:
    """The list with each expression and each preset replaced by the rules it stands for; raises ``ValueError``."""
    if isinstance(written, str | bytes | Mapping) or not isinstance(written, Sequence):
        return written
    return [one for entry in written for one in _expanded(entry)]


def _expanded(entry: Any) -> list[Any]:
    if isinstance(entry, str):
        try:
            return [parse_expression(entry)]
        except BadConfiguration as problem:
            raise ValueError(problem.sentence) from None
    if isinstance(entry, Mapping) and "preset" in entry:
        from pilothouse.triggers.presets import preset  # most robots have rules of their own

        return list(preset(entry))
    return [entry]
