"""Heartbeats, robots, and the live feed of what happens."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from pilothouse.hub.events import HUB_STREAM, Event
from pilothouse.hub.fleet.schemas import EventMessage
from pilothouse.hub.fleet.service import Robots
from pilothouse.hub.identity.auth import Reader, Reading, ThisHub, Writer, Writing
from pilothouse.web import Paging
from pilothouse.web.streams import EventStream, Since, StreamEvent
from pilothouse.wire import Heartbeat, HeartbeatAccepted, Robot, RobotList
from pilothouse.wire.base import RobotId

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
async def stream_events(request: Request, _caller: Reader, hub: ThisHub, since: Since) -> EventStream:
    """What happens, live, as server-sent events. `Last-Event-ID` or `since` resumes without loss or repeats; without
    them the stream begins now. The data of each event is an `EventMessage`."""
    start = await hub.events.last(HUB_STREAM) if since is None else since
    return EventStream(request, _messages(hub.events.subscribe(HUB_STREAM, start)))


async def _messages(events: AsyncGenerator[Event]) -> AsyncGenerator[StreamEvent]:
    async with aclosing(events):
        async for event in events:
            yield StreamEvent(event.sequence, EventMessage.model_validate(event, from_attributes=True))
