"""Which tokens are meant, and whose they are. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.hub.identity.domain.callers import TokenKind


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
