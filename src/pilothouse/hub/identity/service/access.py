"""Which boards a caller may see and change."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.identity.domain import (
    BOARDS_READ,
    BOARDS_WRITE,
    NO_BOARDS,
    BoardRights,
    Caller,
    CallerKind,
    OrganizationRole,
)


class Access:
    """Asked wherever a board is named, and nowhere answered otherwise."""

    async def boards(self, session: AsyncSession, caller: Caller) -> BoardRights:
        """The boards of the organization that the caller acts in; none for who belongs to none."""
        if caller.kind == CallerKind.AGENT:
            own = frozenset({caller.board_id} if caller.board_id else ())
            return BoardRights(caller.organization_id, readable=own, writable=own)
        if caller.kind == CallerKind.TOKEN:
            writes = caller.grants(BOARDS_WRITE)
            return BoardRights(caller.organization_id, writes or caller.grants(BOARDS_READ), writes)
        if caller.has_role(OrganizationRole.OWNER):
            return BoardRights(caller.organization_id, all_read=True, all_write=True)
        return NO_BOARDS
