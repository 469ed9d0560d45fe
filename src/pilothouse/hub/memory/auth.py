"""Who may read and write what boards and groups of boards remember."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pilothouse.hub.boards.auth import BoardFollowed, BoardRead, BoardWrite, Services
from pilothouse.hub.boards.domain.problems import UnknownBoardGroup
from pilothouse.hub.boards.service import BoardServices
from pilothouse.hub.identity import Access, Caller
from pilothouse.hub.identity.auth import Member, Reading, TheAccess, Writing, WritingMember
from pilothouse.hub.memory.domain import GroupNotWritable, Place

__all__ = [
    "BoardFollowed", "BoardRead", "BoardWrite", "GroupCaller", "GroupRead", "GroupWrite", "caller_of", "place_of",
    "sees_group",
]  # fmt: skip

GroupId = Annotated[str, Path(max_length=100)]


@dataclass(frozen=True, slots=True)
class GroupCaller:
    """A group that somebody sees, because they see it all or one of its boards."""

    caller: Caller
    place: Place
    is_writable: bool


def place_of(board: BoardRead) -> Place:
    """The memory of a board that somebody sees."""
    return Place(board.board.organization_id, board_id=board.board.id)


def caller_of(board: BoardRead) -> Caller:
    """Whoever asked for a board; what the hub does by itself has no route."""
    assert board.caller is not None
    return board.caller


async def _group(
    boards: BoardServices, session: AsyncSession, access: Access, caller: Caller, group_id: str
) -> GroupCaller:
    rights = await access.boards(session, caller)
    group = await boards.groups.one(session, caller, group_id)
    if not rights.all_read and not group.board_ids:
        raise UnknownBoardGroup
    is_writable = rights.all_write or any(rights.writes(one) for one in group.board_ids)
    return GroupCaller(caller, Place(rights.organization_id or "", group_id=group.id), is_writable)


async def sees_group(connection: HTTPConnection, caller: Caller, group_id: str) -> bool:
    """Whether a caller sees a group; asked again while a stream lives."""
    state = connection.app.state
    try:
        async with state.hub.database.reading() as session:
            await _group(state.boards, session, state.access, caller, group_id)
    except UnknownBoardGroup:
        return False
    return True


async def _reading_group(
    boards: Services, session: Reading, access: TheAccess, caller: Member, group_id: GroupId
) -> GroupCaller:
    return await _group(boards, session, access, caller, group_id)


async def _writing_group(
    boards: Services, session: Writing, access: TheAccess, caller: WritingMember, group_id: GroupId
) -> GroupCaller:
    found = await _group(boards, session, access, caller, group_id)
    if not found.is_writable:
        raise GroupNotWritable
    return found


GroupRead = Annotated[GroupCaller, Depends(_reading_group)]
"""The group of the path, 404 when the caller sees none of its boards."""
GroupWrite = Annotated[GroupCaller, Depends(_writing_group)]
"""The same for who may write one of its boards."""
