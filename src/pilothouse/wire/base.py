"""The base of every message, and the types they share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints

VERSION = 1


class Message(BaseModel):
    """Unknown fields are ignored: the other side may be newer."""

    model_config = ConfigDict(extra="ignore", frozen=True)


RobotId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""A robot's name: safe in a file name, a URL and a log line."""

SessionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
"""A recording's id: the file name without ``.mcap``."""


def sendable(text: Any) -> Any:
    """Text that every database stores and JSON carries: NUL and halves of surrogate pairs become question marks."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?") if isinstance(text, str) else text


Label = Annotated[str, StringConstraints(max_length=500), BeforeValidator(sendable)]
Text = Annotated[str, BeforeValidator(sendable)]
"""What robots and people call something: it may be anything."""

Moment = AwareDatetime
