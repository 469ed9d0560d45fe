"""Heartbeats, robots, and the live feed of what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from pilothouse.hub.events import HUB_STREAM, Event, Events, Follower
from pilothouse.hub.fleet.schemas import EventMessage
from pilothouse.hub.fleet.service import Robots
from pilothouse.hub.identity.auth import Reader, Reading, ThisHub, Writer, Writing
from pilothouse.web import Paging
from pilothouse.wire import Heartbeat, HeartbeatAccepted, Robot, RobotList
from pilothouse.wire.base import RobotId

COMMENT_EVERY_S = 15.0
_LARGEST = 2**63 - 1

router = APIRouter(prefix="/api/v1", tags=["fleet"])


def _robots(request: Request) -> Robots:
    robots = request.app.state.robots
    assert isinstance(robots, Robots)
    return robots


TheRobots = Annotated[Robots, Depends(_robots)]


@router.post("/agents/heartbeat")
async def heartbeat(_caller: Writer, robots: TheRobots, session: Writing, heartbeat: Heartbeat) -> HeartbeatAccepted:
    """A robot says that it lives. Only `robot_id` is required."""
    return await robots.beat(session, heartbeat)


@router.get("/robots")
async def list_robots(_caller: Reader, robots: TheRobots, session: Reading, page: Paging) -> RobotList:
    """Robots known by heartbeat or by recording, by name."""
    return await robots.list(session, page.limit, page.offset)


@router.get("/robots/{robot_id}")
async def get_robot(_caller: Reader, robots: TheRobots, session: Reading, robot_id: RobotId) -> Robot:
    """One robot and its last heartbeat."""
    return await robots.get(session, robot_id)


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {}}}}},
)
async def stream_events(
    request: Request,
    _caller: Reader,
    hub: ThisHub,
    since: Annotated[int | None, Query(ge=0, le=_LARGEST, description="Start after this event; 0 for all")] = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=_LARGEST, description="What a browser sends")] = None,
) -> StreamingResponse:
    """What happens, live, as server-sent events. `Last-Event-ID` or `since` resumes without loss or repeats; without
    them the stream begins now. The data of each event is an `EventMessage`."""
    start = last_event_id if last_event_id is not None else since
    return StreamingResponse(
        _messages(hub.events, start, request),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


async def _messages(events: Events, since: int | None, request: Request) -> AsyncIterator[bytes]:
    """Events as they come and comments while none do, until the process ends."""
    on_closing: set[Callable[[], None]] = request.app.state.on_closing
    async with events.following(HUB_STREAM, since) as follower:
        on_closing.add(follower.end)
        try:
            yield KEEPALIVE_COMMENT
            while not follower.has_ended:
                yield await _next(follower)
        finally:
            on_closing.discard(follower.end)


async def _next(follower: Follower) -> bytes:
    try:
        async with asyncio.timeout(COMMENT_EVERY_S):
            return b"".join(map(_message, await follower.take()))
    except TimeoutError:
        return KEEPALIVE_COMMENT


def _message(event: Event) -> bytes:
    message = EventMessage.model_validate(event, from_attributes=True)
    return format_sse_event(data_str=message.model_dump_json(), id=str(event.sequence))
