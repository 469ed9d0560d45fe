"""Which tokens are meant, and whose they are. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pilothouse.hub.identity.domain.callers import TokenKind
from pilothouse.hub.identity.domain.organizations import AgentRole


@dataclass(frozen=True, slots=True)
class Holder:
    """A robot or an agent: it has one token at a time, and while that is renewed two."""

    kind: TokenKind
    id: str


@dataclass(frozen=True, slots=True)
class TokensSought:
    """Which tokens are meant; None does not narrow."""

    kind: TokenKind | None = None
    token_id: str | None = None
    robot_id: str | None = None
    user_id: str | None = None
    agent_id: str | None = None
    session_id: str | None = None
    maker_id: str | None = None


class TokenStanding(NamedTuple):
    """What of a token can change, and of the agent whose it is."""

    revoked_at: datetime | None
    expires_at: datetime | None
    superseded_until: datetime | None
    last_used_at: datetime | None
    agent_version: int | None


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token as whoever checks it needs it."""

    id: str
    kind: TokenKind
    name: str
    prefix: str
    secret_sha256: str
    robot_id: str | None
    user_id: str | None
    agent_id: str | None
    repository: str | None
    session_id: str | None
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    superseded_until: datetime | None

    def is_good(self, now: datetime) -> bool:
        """Whether it opens anything at this moment."""
        return opens(now, self.revoked_at, self.expires_at, self.superseded_until)


@dataclass(frozen=True, slots=True)
class TokenAgent:
    """The agent whose token it is."""

    id: str
    name: str
    organization_id: str
    role: AgentRole
    board_id: str
    version: int


def opens(now: datetime, revoked_at: datetime | None, *ends: datetime | None) -> bool:
    """Whether a token that is over at any of these moments opens anything now."""
    return revoked_at is None and all(end is None or now < end for end in ends)
