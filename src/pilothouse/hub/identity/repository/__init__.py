"""The SQL of who may call."""

from pilothouse.hub.identity.repository.tokens import TokenRows

__all__ = ["TokenRows"]
