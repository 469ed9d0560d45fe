"""The web UI, as far as the hub is concerned: files to serve. What it does is in `ui/`."""

from pilothouse.hub.ui import system
from pilothouse.hub.ui.routes import PUBLIC, router
from pilothouse.hub.ui.site import Site

__all__ = ["PUBLIC", "Site", "router", "system"]
