"""What is remembered, and how it is followed live."""

from pilothouse.hub.memory.routes.entries import router

__all__ = ["router"]
