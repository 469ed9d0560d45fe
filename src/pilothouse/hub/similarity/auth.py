"""Who may compare incidents: whoever may look at all of them."""

from __future__ import annotations

from pilothouse.hub.identity.auth import Viewer

__all__ = ["Viewer"]
