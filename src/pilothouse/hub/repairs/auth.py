"""Who may have recordings repaired: people, and programs that may write for all robots."""

from __future__ import annotations

from pilothouse.hub.identity.auth import Operator, Viewer

__all__ = ["Operator", "Viewer"]
