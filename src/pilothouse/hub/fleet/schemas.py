"""What the fleet's routes answer beside the messages of ``wire``."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, BaseModel


class EventMessage(BaseModel):
    """The ``data`` of one server-sent event; its ``id`` is ``sequence``."""

    sequence: int
    kind: str
    subject: str
    payload: dict[str, Any]
    recorded_at: AwareDatetime
