"""Organizations, roles in them, and which boards somebody may see. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HOME = "home"
"""The organization that the fleet of this hub belongs to."""
LOCAL_USER = "local"
"""Whoever holds the password, the local token or the data directory; an owner of the home organization."""


class OrganizationRole(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"

    def includes(self, other: OrganizationRole) -> bool:
        """Whether this role may all that the other may."""
        return _RANKS[self] >= _RANKS[other]


class AgentRole(StrEnum):
    LEAD = "lead"
    WORKER = "worker"


_RANKS = {OrganizationRole.MEMBER: 0, OrganizationRole.ADMIN: 1, OrganizationRole.OWNER: 2}


@dataclass(frozen=True, slots=True)
class BoardRights:
    """Which boards of one organization somebody may read and write; who may write may read."""

    organization_id: str | None
    all_read: bool = False
    all_write: bool = False
    readable: frozenset[str] = frozenset()
    writable: frozenset[str] = frozenset()

    def reads(self, board_id: str) -> bool:
        return self.all_read or board_id in self.readable

    def writes(self, board_id: str) -> bool:
        return self.all_write or board_id in self.writable


NO_BOARDS = BoardRights(None)
