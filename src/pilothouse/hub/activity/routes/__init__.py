"""The log of changes, and how every stream of them is followed."""

from pilothouse.hub.activity.routes.log import EVENT_STREAM, router

__all__ = ["EVENT_STREAM", "router"]
