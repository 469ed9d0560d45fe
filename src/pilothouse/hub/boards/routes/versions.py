"""The version that a caller has read, from `If-Match` or the body."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import Depends, Header
from pydantic import BaseModel

from pilothouse.hub.boards.domain.problems import BadVersion

_LARGEST = 2**31 - 1
Versioned = TypeVar("Versioned", bound=BaseModel)


async def _if_match(
    if_match: Annotated[
        str | None, Header(max_length=100, description='The `version` you have read, such as "3": 409 when it is over')
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    number = if_match.strip().removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit()) or not 0 < len(number) <= 10 or not 0 < int(number) <= _LARGEST:
        raise BadVersion
    return int(number)


IfMatch = Annotated[int | None, Depends(_if_match)]


def seen(change: Versioned, version: int | None) -> Versioned:
    """The change, at the version of the header where the body names none."""
    if version is None or getattr(change, "version", None) is not None:
        return change
    return change.model_copy(update={"version": version})
