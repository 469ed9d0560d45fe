"""Who may see and use webhooks of a board, and who makes them."""

from __future__ import annotations

from typing import Annotated, ClassVar

from fastapi import Depends

from pilothouse.hub.boards.auth import BoardRead, BoardWrite
from pilothouse.hub.boards.service import OnBoard
from pilothouse.hub.identity import CallerKind
from pilothouse.hub.memory.auth import caller_of, place_of
from pilothouse.hub.webhooks.domain.states import WebhooksNotForAgents

__all__ = ["BoardKeep", "BoardRead", "BoardWrite", "caller_of", "place_of"]


class _Keeps:
    """Keeps agents from opening a door that stays open when their token is gone, and from closing those of others."""

    openapi_extension: ClassVar = {"x-required-actor": "person or program", "x-required-role": "member"}

    async def __call__(self, board: BoardWrite) -> OnBoard:
        if caller_of(board).kind is CallerKind.AGENT:
            raise WebhooksNotForAgents
        return board


BoardKeep = Annotated[OnBoard, Depends(_Keeps())]
"""The board of the path, for a person or program that may change it and says who posts to it from outside."""
