"""Who is calling, and what they may."""

from pilothouse.hub.identity.domain import Caller, CallerKind, OtherRobot, check_speaks_for
from pilothouse.hub.identity.service import Identity, Tokens

__all__ = ["Caller", "CallerKind", "Identity", "OtherRobot", "Tokens", "check_speaks_for"]
