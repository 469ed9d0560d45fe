"""The recordings API."""

from pilothouse.hub.recordings.routes import admin, annotations, direct, recordings, uploads

ROUTERS = (recordings.router, annotations.router, admin.router, uploads.router, direct.router)

__all__ = ["ROUTERS"]
