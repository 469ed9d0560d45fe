"""Which boards a caller may see and change."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.identity.domain import (
    BOARDS_READ,
    BOARDS_WRITE,
    LOCAL_USER,
    NO_BOARDS,
    BoardRights,
    Caller,
    CallerKind,
)
from pilothouse.hub.identity.domain.membership import Reach, Standing
from pilothouse.hub.identity.repository import MemberRows, UserRows
from pilothouse.hub.identity.service.lately import Lately


class Access:
    """Asked wherever a board is named, and nowhere answered otherwise."""

    def __init__(self) -> None:
        self.lately = Lately()
        """What streams ask again and again while they live."""

    async def boards(self, session: AsyncSession, caller: Caller) -> BoardRights:
        """The boards of the organization that the caller acts in; none for who belongs to none."""
        if caller.kind == CallerKind.AGENT:
            own = frozenset({caller.board_id} if caller.board_id else ())
            return BoardRights(caller.organization_id, readable=own, writable=own)
        if caller.kind == CallerKind.TOKEN:
            writes = caller.grants(BOARDS_WRITE)
            return BoardRights(caller.organization_id, writes or caller.grants(BOARDS_READ), writes)
        if not caller.is_person or caller.organization_id is None:
            return NO_BOARDS
        if caller.user_id == LOCAL_USER and caller.is_at_home:
            return BoardRights(caller.organization_id, all_read=True, all_write=True)
        found = await MemberRows(session).rights(caller.organization_id, caller.user_id or "")
        if found is None:
            return NO_BOARDS
        role, all_read, all_write, boards = found
        return Standing(caller.user_id or "", role, Reach(all_read, all_write, boards)).rights(caller.organization_id)

    async def user_name(self, session: AsyncSession, user_id: str) -> str | None:
        """What a person is called; None when nobody is known by the id."""
        return await UserRows(session).name(user_id)

    async def forget_board(self, session: AsyncSession, board_id: str) -> None:
        """A board is deleted: nobody has access to it any more."""
        await MemberRows(session).forget_boards([board_id])
