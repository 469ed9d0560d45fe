"""An event is a fact with a place in its stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

HUB_STREAM = "hub"
"""The stream of everything that concerns the whole hub: robots and recordings."""


@dataclass(frozen=True, slots=True)
class Event:
    """``sequence`` counts from 1 in each stream, without gaps."""

    stream: str
    sequence: int
    kind: str
    subject: str
    payload: dict[str, Any]
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Events after one number, up to another, are no longer kept: whoever follows has missed them."""

    stream: str
    after: int
    sequence: int
