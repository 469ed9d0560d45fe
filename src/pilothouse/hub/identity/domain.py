"""Kinds of callers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CallerKind(StrEnum):
    OPERATOR = "operator"
    """A person, who gave the password or the local token."""
    SHARED = "shared"
    """Whoever holds the token that all robots share."""
    OPEN = "open"
    """Anybody, where the network is trusted."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling; ``name`` is what they call themselves and proves nothing.

    ``robot_id`` is set for a credential that belongs to one robot, which may only speak for itself.
    """

    kind: CallerKind
    name: str = ""
    robot_id: str | None = None


OPEN = Caller(CallerKind.OPEN)
