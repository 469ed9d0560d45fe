"""Who is calling, and what they may."""

from pilothouse.hub.identity.domain import Caller, CallerKind
from pilothouse.hub.identity.service import Identity

__all__ = ["Caller", "CallerKind", "Identity"]
