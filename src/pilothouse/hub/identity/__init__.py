"""Who is calling, and what they may."""

from pilothouse.hub.identity.domain import (
    HOME,
    LOCAL_USER,
    AgentRole,
    BoardRights,
    Caller,
    CallerKind,
    OrganizationRole,
    OtherRobot,
    check_may_tend,
    check_speaks_for,
)
from pilothouse.hub.identity.service import Access, Identity, Tokens

__all__ = [
    "HOME",
    "LOCAL_USER",
    "Access",
    "AgentRole",
    "BoardRights",
    "Caller",
    "CallerKind",
    "Identity",
    "OrganizationRole",
    "OtherRobot",
    "Tokens",
    "check_may_tend",
    "check_speaks_for",
]
