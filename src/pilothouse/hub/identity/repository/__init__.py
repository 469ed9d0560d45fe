"""The SQL of who may call."""

from pilothouse.hub.identity.repository.invites import InviteRows, LoginCodeRows
from pilothouse.hub.identity.repository.organizations import MemberRows, OrganizationRows, UserRows
from pilothouse.hub.identity.repository.tokens import TokenRows

__all__ = ["InviteRows", "LoginCodeRows", "MemberRows", "OrganizationRows", "TokenRows", "UserRows"]
