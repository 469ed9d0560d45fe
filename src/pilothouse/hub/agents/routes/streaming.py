"""Follow agents over all boards that somebody may see."""

from __future__ import annotations

from starlette.requests import Request

from pilothouse.hub.activity.domain import is_of_kind
from pilothouse.hub.activity.routes.streaming import NotFollowed, Sight, follow
from pilothouse.hub.boards.domain.problems import UnknownBoard
from pilothouse.hub.boards.service import KnownBoards
from pilothouse.hub.composition import Hub
from pilothouse.hub.events import Event
from pilothouse.hub.identity import Caller
from pilothouse.web.streams import EventStream

KINDS = ("agent",)


class _BoardsSight(Sight):
    """The boards that a caller sees, and nothing that concerns none."""

    def shows(self, event: Event) -> bool:
        return event.payload["board_id"] is not None and super().shows(event)


async def agent_stream(
    request: Request, hub: Hub, caller: Caller, board_id: str | None, since: int | None
) -> EventStream:
    """Agents of one board, or of all that the caller sees; raises UnknownBoard."""
    if board_id is not None and not await _is_known(hub, caller, board_id):
        raise UnknownBoard
    sight = _BoardsSight(request, caller, board_id)
    try:
        return await follow(request, caller, since, lambda event: is_of_kind(event.kind, KINDS), sight=sight)
    except NotFollowed:
        raise UnknownBoard from None


async def _is_known(hub: Hub, caller: Caller, board_id: str) -> bool:
    """Whoever sees all boards of an organization sees those that it has."""
    async with hub.database.reading() as session:
        return bool(await KnownBoards().of_organization(session, caller.organization_id or "", [board_id]))
