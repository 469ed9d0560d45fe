"""What passes between a hub and a robot that is watched: the robot connects out, so this works behind any router.

What the robot's guard says goes through as it is, text and frames. Everything the relay itself says is JSON with a
`type` that begins with `relay`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from pilothouse.wire.base import Message

ESTOP_PATH = "/api/control/estop"
LARGEST_ANSWER_BYTES = 4 << 20


class RelayState(StrEnum):
    WAITING = "waiting"
    """The robot was asked to connect; it hears that with its next heartbeat."""
    CONNECTED = "connected"
    TROUBLE = "trouble"
    """The robot is connected, its guard cannot be reached."""
    GONE = "gone"


class RelayNotice(Message):
    """How the way to the robot is; ``missed`` counts messages that this viewer was too slow for."""

    type: Literal["relay"] = "relay"
    state: RelayState
    detail: str = ""
    missed: int = 0


class RelayMissed(Message):
    """So many messages were left out here: this viewer was too slow for them."""

    type: Literal["relay.missed"] = "relay.missed"
    missed: int


class RelayRequest(Message):
    """A request to the robot's guard."""

    type: Literal["relay.request"] = "relay.request"
    id: str = Field(max_length=40)
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str = Field(max_length=500, pattern=r"^/api/[A-Za-z0-9_./-]*$")
    query: dict[str, str] = Field(default_factory=dict, max_length=50)
    body: Any = None
    if_match: int | None = None


class RelayAnswer(Message):
    """What the guard answered, or why it could not be asked (``status`` 0)."""

    type: Literal["relay.answer"] = "relay.answer"
    id: str
    status: int
    body: Any = None
    detail: str = ""


class RelayMode(StrEnum):
    """What a robot lets through a relay."""

    OFF = "off"
    WATCH = "watch"
    """Telemetry, questions, and the emergency stop."""
    CONTROL = "control"
    """Everything a person at the robot may do."""


_QUESTIONS = ("/api/control/status", "/api/telemetry/history", "/api/risk-log", "/api/boundaries")
_CONTROLS = ("/api/control/", "/api/boundaries")


def lets_through(mode: RelayMode, method: str, path: str) -> bool:
    """Whether a request may pass: stopping a robot is never forbidden to whoever is let in at all."""
    if mode is RelayMode.OFF or ".." in path or "//" in path:
        return False
    if (method, path) == ("POST", ESTOP_PATH):
        return True
    if method == "GET" and any(path == one or path.startswith(f"{one}/") for one in _QUESTIONS):
        return True
    return mode is RelayMode.CONTROL and any(path.startswith(one) for one in _CONTROLS)
