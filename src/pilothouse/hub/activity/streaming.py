"""Follow a board, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from starlette.requests import Request

from pilothouse.hub.activity.domain import is_of_kind
from pilothouse.hub.activity.schemas import ActivityEntry
from pilothouse.hub.activity.service import Activity
from pilothouse.hub.events import Event
from pilothouse.hub.identity.auth import still_allowed
from pilothouse.hub.identity.domain import Caller
from pilothouse.web.streams import EventStream, StreamEvent

# Rights that were lost end a stream within this time.
RECHECK_S = 4.0


async def board_stream(
    request: Request, caller: Caller, board_id: str, kinds: tuple[str, ...], since: int | None, *,
    organization_id: str = "home",
) -> EventStream:  # fmt: skip
    """What changes on a board, of some kinds (``task`` or ``task.updated``; none is all), after a number.

    Every stream of an organization has the same numbers: `Last-Event-ID` of one resumes any other.
    """
    activity = request.app.state.activity
    assert isinstance(activity, Activity)
    start = await activity.last(organization_id) if since is None else since

    def wanted(event: Event) -> bool:
        return event.payload["board_id"] == board_id and is_of_kind(event.kind, kinds)

    told = _told(activity.follow(organization_id, start), wanted)
    return EventStream(request, told, still_allowed=lambda: still_allowed(request, caller), keepalive_s=RECHECK_S)


async def _told(events: AsyncGenerator[Event], wanted: Callable[[Event], bool]) -> AsyncGenerator[StreamEvent]:
    async with aclosing(events):
        async for event in events:
            if wanted(event):
                yield StreamEvent(event.sequence, ActivityEntry.told(event))
