"""People, organizations and their tokens, and the log of who changed what."""

from pilothouse.hub.identity.routes import audit, invites, login, members, organizations, sign_ins, tokens, users

PUBLIC = frozenset({invites.ACCEPT_PATH, login.LOGIN_PATH, sign_ins.SESSION_PATH})
"""Where the credential is in the body, or where there is nothing to see."""
ROUTERS = (
    tokens.router,
    audit.router,
    users.router,
    sign_ins.router,
    login.router,
    # Before the organizations, whose ids stand where `invites` does.
    invites.router,
    organizations.router,
    members.router,
)

__all__ = ["PUBLIC", "ROUTERS"]
