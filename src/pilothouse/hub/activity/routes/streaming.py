"""Follow a board, or all boards that somebody sees, live.

Every stream of an organization has the numbers of its changes: `Last-Event-ID` of one resumes any other. One commit is
told to all streams in this process; nothing is asked of the database for a stream but what it missed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from starlette.requests import Request

from pilothouse.hub.activity.domain import is_of_kind
from pilothouse.hub.activity.schemas import ActivityEntry
from pilothouse.hub.activity.service import Activity
from pilothouse.hub.composition import Hub
from pilothouse.hub.events import Event, Forgotten
from pilothouse.hub.identity import Access, BoardRights, Caller
from pilothouse.hub.identity.auth import still_allowed
from pilothouse.hub.identity.auth.callers import presented
from pilothouse.kit.errors import NotFound
from pilothouse.web.streams import EventStream, StreamEvent, forgotten

# Rights that were lost end a stream within five seconds: what is known of them may be two seconds old, the hub busy.
RECHECK_S = 1.5

Wanted = Callable[[Event], bool]


class NotFollowed(NotFound):
    """No board with this id is visible to you."""


class Sight:
    """What a caller may see of an organization's changes, asked for again while a stream lives."""

    def __init__(self, request: Request, caller: Caller, board_id: str | None = None) -> None:
        state = request.app.state
        self._request = request
        self._hub: Hub = state.hub
        self._access: Access = state.access
        self._caller = caller
        self._board_id = board_id
        self._rights = BoardRights(None)

    async def look(self) -> bool:
        """Whether there is anything to see."""
        return self._takes(await self._ask())

    async def look_again(self) -> bool:
        """Whether there still is; streams that were opened with the same credential ask together."""
        about = (*self._about(), presented(self._request), self._caller)
        return self._takes(await self._access.lately.ask(about, self._ask_again))

    def _about(self) -> tuple[str, ...]:
        """What tells this question from others of the same caller."""
        return ("boards",)

    async def _ask(self) -> BoardRights:
        async with self._hub.database.reading() as session:
            return await self._access.boards(session, self._caller)

    async def _ask_again(self) -> BoardRights | None:
        return await self._ask() if await still_allowed(self._request, self._caller) else None

    def _takes(self, rights: BoardRights | None) -> bool:
        if rights is None:
            return False
        self._rights = rights
        return self._board_id is None or rights.reads(self._board_id)

    def shows(self, event: Event) -> bool:
        """What concerns no board is for people."""
        board_id = event.payload["board_id"]
        if self._board_id is not None:
            return bool(board_id == self._board_id)
        return self._caller.is_person if board_id is None else self._rights.reads(board_id)


async def board_stream(
    request: Request, caller: Caller, board_id: str, kinds: tuple[str, ...], since: int | None
) -> EventStream:
    """What changes on a board, of some kinds (``task`` or ``task.updated``; none is all), after a number."""
    return await follow(request, caller, since, lambda event: is_of_kind(event.kind, kinds), board_id=board_id)


async def follow(
    request: Request, caller: Caller, since: int | None, wanted: Wanted, *, board_id: str | None = None,
    sight: Sight | None = None,
) -> EventStream:  # fmt: skip
    """What changes on one board, or on all that the caller sees; raises NotFollowed."""
    activity = request.app.state.activity
    assert isinstance(activity, Activity)
    sight = sight or Sight(request, caller, board_id)
    if caller.organization_id is None or not await sight.look():
        raise NotFollowed
    start = await activity.last(caller.organization_id) if since is None else since
    told = _told(activity.follow(caller.organization_id, start), lambda event: sight.shows(event) and wanted(event))
    return EventStream(request, told, still_allowed=sight.look_again, keepalive_s=RECHECK_S)


async def _told(events: AsyncGenerator[Event | Forgotten], wanted: Wanted) -> AsyncGenerator[StreamEvent]:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Forgotten):
                yield forgotten(event.after, event.sequence)
            elif wanted(event):
                yield StreamEvent(event.sequence, ActivityEntry.told(event))
