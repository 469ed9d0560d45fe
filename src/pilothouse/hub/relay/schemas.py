"""What is asked and answered about live robots."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from pilothouse.wire.base import Message

# Bodies are boundaries of a robot, which are short.
LOGGED_CHARS = 4_000


class LiveRequest(Message):
    """A request to the robot's guard, in its own words."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str = Field(max_length=500, pattern=r"^/api/[A-Za-z0-9_./-]*$")
    query: dict[str, str] = Field(default_factory=dict, max_length=50)
    body: Any = None
    if_match: int | None = Field(None, ge=0, lt=2**53, description="The version of the boundaries that was read")
    timeout_s: float = Field(20.0, ge=1, le=60, description="How long to wait for the robot to connect and to answer")

    def decision(self) -> dict[str, Any]:
        """What the audit log keeps of it; of a long body that it was there."""
        text = json.dumps(self.body, separators=(",", ":"))
        body = self.body if len(text) <= LOGGED_CHARS else f"{len(text)} characters of JSON"
        return {"asked": f"{self.method} {self.path}", "query": self.query, "body": body, "answered": None}


class LiveAnswer(Message):
    """What the guard answered; ``status`` is its own, 0 when the robot could not ask it."""

    status: int
    body: Any = None
    detail: str = ""
