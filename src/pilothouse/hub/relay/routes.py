"""Robots, live: the sockets of those who watch and of the robots themselves, and questions to a guard."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, WebSocket
from starlette.requests import HTTPConnection

from pilothouse.hub.fleet import Robots
from pilothouse.hub.identity import Caller, check_speaks_for
from pilothouse.hub.identity.auth import Decided, ThisHub, still_allowed
from pilothouse.hub.relay.auth import Viewer, Writer, check_may_ask
from pilothouse.hub.relay.schemas import LiveAnswer, LiveRequest
from pilothouse.hub.relay.service import Relays
from pilothouse.hub.relay.service.lines import Listener
from pilothouse.hub.relay.service.relays import is_hello
from pilothouse.web.kept import kept
from pilothouse.web.sockets import NO_LONGER_ALLOWED, both_ways
from pilothouse.wire.relay import RelayMissed

router = APIRouter(prefix="/api/v1/robots/{robot_id}", tags=["live"])

KnownRobot = Annotated[str, Path(max_length=100)]
# Whether the caller may still watch is asked this often, and whether anybody still does.
ASK_EVERY_S = 5.0
# Normal end: nobody watches any more.
NOBODY_WATCHES = 1000


TheRelays = Annotated[Relays, Depends(kept("relays", Relays))]


async def _known(connection: HTTPConnection, hub: ThisHub, robot_id: KnownRobot) -> str:
    robots: Robots = connection.app.state.robots
    async with hub.database.reading() as session:
        await robots.get(session, robot_id)
    return robot_id


Known = Annotated[str, Depends(_known)]


@router.websocket("/live")
async def watch_robot(socket: WebSocket, caller: Viewer, relays: TheRelays, robot_id: Known) -> None:
    """Everything the robot's guard sends on its `/ws/telemetry`, and what the recorder hears, as the robot sends it."""
    async with relays.watching(robot_id) as listener:
        await socket.accept()
        await both_ways(socket, _show(socket, caller, listener), _hear_nothing(socket))


@router.post("/live/requests", summary="Ask the guard of a robot")
async def ask_robot(
    caller: Viewer, relays: TheRelays, decided: Decided, robot_id: Known, request: LiveRequest
) -> LiveAnswer:
    """Passed on over the connection the robot makes: status, risk log and boundaries, the emergency stop, and, if the
    robot lets the hub control it, everything else under `/api/control` and `/api/boundaries`. A robot that is not
    connected is asked to connect, which takes until its next heartbeat. Whoever may look at robots may ask, and
    may stop them; the rest is for operators. Whatever but GET is in the audit log, with what the guard answered."""
    check_may_ask(caller, request)
    decided.is_one = request.method != "GET"
    if decided.is_one:
        decided.action, decided.subject, decided.after = "robot.asked", f"robot {robot_id}", request.decision()
    answer = await relays.ask(robot_id, request)
    # Without it nobody knows: the robot may have heard the question and not been heard.
    decided.after["answered"] = answer.status
    return answer


@router.websocket("/relay")
async def connect_robot(socket: WebSocket, caller: Writer, relays: TheRelays, robot_id: Known) -> None:
    """The robot's own connection, which it makes while its heartbeats are answered with `is_watched`."""
    check_speaks_for(caller, [robot_id])
    async with relays.connected(robot_id) as listener:
        await socket.accept()
        await both_ways(socket, _pass_on(socket, caller, relays, robot_id, listener), _report(socket, relays, robot_id))


async def _show(socket: WebSocket, caller: Caller, listener: Listener) -> int | None:
    clock = asyncio.get_running_loop().time
    ask_at = clock() + ASK_EVERY_S
    while True:
        try:
            async with asyncio.timeout_at(ask_at):
                messages, missed = await listener.take()
        except TimeoutError:
            messages, missed = [], 0
        if missed:
            await socket.send_text(RelayMissed(missed=missed).model_dump_json())
        for message in messages:
            await _send(socket, message)
        if clock() >= ask_at:
            ask_at = clock() + ASK_EVERY_S
            if not await still_allowed(socket, caller):
                return NO_LONGER_ALLOWED


async def _pass_on(socket: WebSocket, caller: Caller, relays: Relays, robot_id: str, listener: Listener) -> int | None:
    while True:
        try:
            async with asyncio.timeout(ASK_EVERY_S):
                messages, _ = await listener.take()
        except TimeoutError:
            if not await still_allowed(socket, caller):
                return NO_LONGER_ALLOWED
            if not relays.is_watched(robot_id):
                return NOBODY_WATCHES
            continue
        for message in messages:
            if is_hello(message):
                await relays.greeted(robot_id)
            else:
                await _send(socket, message)


async def _report(socket: WebSocket, relays: Relays, robot_id: str) -> None:
    while True:
        message: dict[str, Any] = dict(await socket.receive())
        if message["type"] == "websocket.disconnect":
            return
        said = message.get("text")
        await relays.told(robot_id, said if said is not None else message.get("bytes") or b"")


async def _hear_nothing(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _send(socket: WebSocket, message: str | bytes) -> None:
    if isinstance(message, str):
        await socket.send_text(message)
    else:
        await socket.send_bytes(message)
