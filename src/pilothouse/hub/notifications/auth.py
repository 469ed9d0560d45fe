"""Who decides what leaves the hub, and who may look at it."""

from __future__ import annotations

from pilothouse.hub.identity.auth import Admin, Viewer

__all__ = ["Admin", "Viewer"]
