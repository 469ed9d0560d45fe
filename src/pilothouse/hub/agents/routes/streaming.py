"""Follow agents over all boards that somebody may see."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request

from pilothouse.hub.activity import Activity
from pilothouse.hub.activity.domain import is_of_kind
from pilothouse.hub.activity.schemas import ActivityEntry
from pilothouse.hub.activity.streaming import RECHECK_S
from pilothouse.hub.boards.domain.problems import UnknownBoard
from pilothouse.hub.boards.service import KnownBoards
from pilothouse.hub.composition import Hub
from pilothouse.hub.events import Event
from pilothouse.hub.identity import Access, BoardRights, Caller
from pilothouse.hub.identity.auth import still_allowed
from pilothouse.web.streams import EventStream, StreamEvent

KINDS = ("agent",)


class _Sight:
    """The boards that a caller sees, asked for again while a stream lives."""

    def __init__(self, request: Request, hub: Hub, access: Access, caller: Caller, board_id: str | None) -> None:
        self._request = request
        self._hub = hub
        self._access = access
        self._caller = caller
        self._board_id = board_id
        self._rights = BoardRights(None)

    async def look(self) -> bool:
        """Whether there is anything to see at all."""
        async with self._hub.database.reading() as session:
            self._rights = await self._access.boards(session, self._caller)
        return self._board_id is None or self._rights.reads(self._board_id)

    async def look_again(self) -> bool:
        return await still_allowed(self._request, self._caller) and await self.look()

    def shows(self, event: Event) -> bool:
        board_id = event.payload["board_id"]
        if board_id is None or self._board_id not in (None, board_id):
            return False
        return is_of_kind(event.kind, KINDS) and self._rights.reads(board_id)


async def agent_stream(
    request: Request, hub: Hub, access: Access, caller: Caller, board_id: str | None, since: int | None
) -> EventStream:
    """Agents of one board, or of all that the caller sees; raises UnknownBoard."""
    activity = request.app.state.activity
    assert isinstance(activity, Activity)
    assert caller.organization_id is not None
    sight = _Sight(request, hub, access, caller, board_id)
    if not await sight.look() or (board_id is not None and not await _is_known(hub, caller, board_id)):
        raise UnknownBoard
    start = await activity.last(caller.organization_id) if since is None else since
    told = _told(activity.follow(caller.organization_id, start), sight)
    return EventStream(request, told, still_allowed=sight.look_again, keepalive_s=RECHECK_S)


async def _is_known(hub: Hub, caller: Caller, board_id: str) -> bool:
    """Whoever sees all boards of an organization sees those that it has."""
    async with hub.database.reading() as session:
        return bool(await KnownBoards().of_organization(session, caller.organization_id or "", [board_id]))


async def _told(events: AsyncGenerator[Event], sight: _Sight) -> AsyncGenerator[StreamEvent]:
    async with aclosing(events):
        async for event in events:
            if sight.shows(event):
                yield StreamEvent(event.sequence, ActivityEntry.told(event))
