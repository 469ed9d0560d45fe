"""What a program's token can grant."""

from __future__ import annotations

ADMIN = "admin"
FLEET_READ = "fleet:read"
FLEET_WRITE = "fleet:write"
BOARDS_READ = "boards:read"
BOARDS_WRITE = "boards:write"
LAB_SCOPES = {
    "sessions:read": "look at debug sessions",
    "sessions:write": "make and end debug sessions",
    "commands:write": "queue commands in debug sessions",
    "artifacts:read": "download what debug sessions produced",
}
"""Those of debug sessions, which alone a token that is bound to a repository or to one session can carry."""
SCOPES = {
    ADMIN: "everything: decide, delete, let robots in, make and revoke tokens; satisfies any other scope",
    FLEET_READ: "look at robots, recordings, risk events and the live feed",
    FLEET_WRITE: "deliver, annotate and report, for any robot",
    BOARDS_READ: "look at every board of the home organization",
    BOARDS_WRITE: "change every board of the home organization, but never decide an approval",
    **LAB_SCOPES,
}
"""Every scope and what it grants."""
