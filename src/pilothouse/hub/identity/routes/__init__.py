"""Tokens, and the log of who changed what."""

from pilothouse.hub.identity.routes import audit, tokens

PUBLIC: frozenset[str] = frozenset()
ROUTERS = (tokens.router, audit.router)

__all__ = ["PUBLIC", "ROUTERS"]
