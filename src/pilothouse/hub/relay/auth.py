"""Who may see a robot live, speak to its guard, and be the robot."""

from __future__ import annotations

from pilothouse.hub.identity.auth import Operator, Viewer, Writer

__all__ = ["Operator", "Viewer", "Writer"]
