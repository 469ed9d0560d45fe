"""The recordings API."""

from pilothouse.hub.recordings.routes import (
    admin,
    annotations,
    announcements,
    direct,
    facets,
    keeping,
    links,
    recordings,
    uploads,
)

ROUTERS = (
    recordings.router,
    facets.router,
    keeping.router,
    links.router,
    announcements.router,
    annotations.router,
    admin.router,
    uploads.router,
    direct.router,
)

__all__ = ["ROUTERS"]
