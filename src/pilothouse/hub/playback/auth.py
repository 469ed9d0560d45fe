"""Whoever may see a recording may look into it."""

from __future__ import annotations

from pilothouse.hub.identity.auth import Reader
from pilothouse.hub.recordings.auth import OnlyRobot

__all__ = ["OnlyRobot", "Reader"]
