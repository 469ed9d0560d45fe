"""Who may see, change and arrange boards: the board of the path, with whoever is at it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from fastapi import Depends, Path

from pilothouse.hub.boards.domain.problems import BoardAdminsOnly
from pilothouse.hub.boards.service import BoardServices, OnBoard
from pilothouse.hub.identity import Caller, CallerKind, OrganizationRole
from pilothouse.hub.identity.auth import Member, Reading, ThisHub, Writing, WritingMember
from pilothouse.web.kept import kept

BoardPath = Annotated[str, Path(min_length=1, max_length=100, description="A board's id")]


Services = Annotated[BoardServices, Depends(kept("boards", BoardServices))]


async def _board_read(caller: Member, services: Services, session: Reading, board_id: BoardPath) -> OnBoard:
    return await services.boards.open(session, caller, board_id)


async def _board_write(caller: WritingMember, services: Services, session: Writing, board_id: BoardPath) -> OnBoard:
    return await services.boards.open(session, caller, board_id, writing=True)


async def _board_followed(caller: Member, services: Services, hub: ThisHub, board_id: BoardPath) -> OnBoard:
    async with hub.database.reading() as session:
        return await services.boards.open(session, caller, board_id)


class _Administers:
    """Lets in admins of the organization, and programs that may change boards."""

    openapi_extension: ClassVar = {"x-required-actor": "person or program", "x-required-role": "admin"}

    async def __call__(self, caller: WritingMember) -> Caller:
        if caller.kind == CallerKind.TOKEN or caller.has_role(OrganizationRole.ADMIN):
            return caller
        raise BoardAdminsOnly


BoardMaker = Annotated[Caller, Depends(_Administers())]
"""Who arranges boards, groups, tags and fields: an admin of the organization, or a program with the scope."""


async def _board_admin(caller: BoardMaker, services: Services, session: Writing, board_id: BoardPath) -> OnBoard:
    return await services.boards.open(session, caller, board_id, writing=True, keep=False)


BoardRead = Annotated[OnBoard, Depends(_board_read)]
"""The board of the path, for whoever may see it; 404 for everybody else. Its session is ``Reading``."""
BoardFollowed = Annotated[OnBoard, Depends(_board_followed)]
"""The same for whoever follows it. No session is held: a stream reads with one of its own, and several that begin at
once, each with one and waiting for another, would wait for each other."""
BoardWrite = Annotated[OnBoard, Depends(_board_write)]
"""The same for whoever may change what is on it; 403 for who may only look. Its session is ``Writing``."""
BoardAdmin = Annotated[OnBoard, Depends(_board_admin)]
"""The same for whoever may change its rules."""
