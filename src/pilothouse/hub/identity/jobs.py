"""What tokens and invites need without a request."""

from __future__ import annotations

from pilothouse.hub.identity.service import IdentityServices
from pilothouse.hub.jobs import Jobs

WRITE_USES_EVERY_S = 10.0
FORGET_EVERY_S = 3_600.0


def register(jobs: Jobs, people: IdentityServices) -> None:
    """Write down when tokens were used, and forget what ended long ago."""
    jobs.every(WRITE_USES_EVERY_S, "write uses of tokens", people.tokens.write_uses)
    jobs.every(FORGET_EVERY_S, "forget ended tokens", people.tokens.forget_ended)
    jobs.every(FORGET_EVERY_S, "forget ended invites", people.invites.forget_ended)
