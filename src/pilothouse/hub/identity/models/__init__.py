"""Tables of who may call."""

from pilothouse.hub.identity.models.agents import AgentRow
from pilothouse.hub.identity.models.organizations import (
    BoardAccessRow,
    InviteRow,
    LoginCodeRow,
    MemberRow,
    OrganizationRow,
    UserRow,
)
from pilothouse.hub.identity.models.tokens import TokenRow

__all__ = [
    "AgentRow",
    "BoardAccessRow",
    "InviteRow",
    "LoginCodeRow",
    "MemberRow",
    "OrganizationRow",
    "TokenRow",
    "UserRow",
]
