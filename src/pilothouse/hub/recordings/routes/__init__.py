"""The recordings API."""

from pilothouse.hub.recordings.routes import admin, annotations, recordings, uploads

ROUTERS = (recordings.router, annotations.router, admin.router, uploads.router)

__all__ = ["ROUTERS"]
