"""What happens, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from pilothouse.hub.activity.routes import EVENT_STREAM
from pilothouse.hub.events import HUB_STREAM, Event, Forgotten
from pilothouse.hub.fleet.schemas import EventMessage
from pilothouse.hub.identity.auth import Reader, ThisHub, still_allowed
from pilothouse.web.streams import EventStream, Since, StreamEvent, forgotten

router = APIRouter(prefix="/api/v1", tags=["fleet"])


@router.get("/events", response_class=StreamingResponse, responses=EVENT_STREAM, summary="Follow the fleet live")
async def stream_events(request: Request, caller: Reader, hub: ThisHub, since: Since) -> EventStream:
    """What happens, live, as server-sent events. `Last-Event-ID` or `since` resumes without loss or repeats; without
    them the stream begins now; where events in between are no longer kept, one named `forgotten` says so. The data of
    each other event is an `EventMessage`. A robot hears of itself. The stream ends when the credential that opened it
    does."""
    start = await hub.events.last(HUB_STREAM) if since is None else since
    messages = _messages(hub.events.subscribe(HUB_STREAM, start), caller.robot_id)
    return EventStream(request, messages, still_allowed=lambda: still_allowed(request, caller))


async def _messages(events: AsyncGenerator[Event | Forgotten], only_robot: str | None) -> AsyncGenerator[StreamEvent]:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Forgotten):
                yield forgotten(event.after, event.sequence)
            elif only_robot in (None, event.payload.get("robot_id")):
                yield StreamEvent(event.sequence, EventMessage.model_validate(event, from_attributes=True))
