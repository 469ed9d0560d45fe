"""Tokens, and the log of who changed what."""

from pilothouse.hub.identity.routes import audit, tokens

ROUTERS = (tokens.router, audit.router)

__all__ = ["ROUTERS"]
