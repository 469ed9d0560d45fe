"""Who may say which incidents a board works on: it decides what agents see."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from pilothouse.hub.boards.auth import BoardRead, BoardWrite
from pilothouse.hub.identity.domain import NotVisible, PeopleOnly
from pilothouse.hub.memory.auth import caller_of, place_of

__all__ = ["BoardRead", "PersonOfFleet", "caller_of", "place_of"]


async def _person_of_fleet(board: BoardWrite) -> BoardWrite:
    """Incidents show agents what the fleet recorded: only who may see it all may open it to them."""
    caller = caller_of(board)
    if not caller.is_person:
        raise PeopleOnly
    if not caller.may_read:
        raise NotVisible
    return board


PersonOfFleet = Annotated[BoardWrite, Depends(_person_of_fleet)]
"""A person who may change the board and look at the fleet."""
