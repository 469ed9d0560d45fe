"""People, organizations and their tokens, and the log of who changed what."""

from pilothouse.hub.identity.routes import audit, invites, members, organizations, sign_ins, tokens, users

PUBLIC = frozenset({invites.ACCEPT_PATH, sign_ins.SESSION_PATH})
"""Where the credential is in the body."""
ROUTERS = (
    tokens.router,
    audit.router,
    users.router,
    sign_ins.router,
    # Before the organizations, whose ids stand where `invites` does.
    invites.router,
    organizations.router,
    members.router,
)

__all__ = ["PUBLIC", "ROUTERS"]
