"""``/api/telemetry/*`` and ``WS /ws/telemetry``: the loop, live."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, WebSocket
from fastapi.responses import Response
from pydantic import BaseModel

from pilothouse.guard.routes.access import TICKET_LIVES_S, Running, Tickets
from pilothouse.guard.routes.control import told
from pilothouse.guard.routes.event_schemas import TelemetryHistory
from pilothouse.guard.routes.sockets import TRY_LATER, admitted, both_ways
from pilothouse.guard.runtime import Runtime
from pilothouse.guard.telemetry import Batch, Reader, TooFarBehind, with_missed

PING_S = 30.0
PING = '{"type":"ping"}'

router = APIRouter(tags=["telemetry"])
socket_router = APIRouter(tags=["telemetry"])


class Ticket(BaseModel):
    """Good for one WebSocket, as ``?ticket=``."""

    ticket: str
    expires_in_s: float


class _Said(msgspec.Struct):
    """What a client says; everything else is nothing to us."""

    type: str = ""
    reason: str = ""


_decode = msgspec.json.Decoder(_Said).decode


@router.get("/api/telemetry/history", summary="Read the last cycles", response_model=TelemetryHistory)
async def telemetry_history(
    runtime: Running, n: Annotated[int, Query(ge=1, le=1000, description="Number of events")] = 50
) -> Response:
    """The last `n` cycle events, oldest first."""
    return Response(runtime.telemetry.last(n), media_type="application/json")


@router.post("/api/telemetry/tickets", summary="Get a ticket for a WebSocket", status_code=201)
async def telemetry_ticket(request: Request) -> Ticket:
    """A ticket for one WebSocket of a browser, which cannot send a token."""
    tickets: Tickets = request.app.state.tickets
    return Ticket(ticket=tickets.issue(), expires_in_s=TICKET_LIVES_S)


@socket_router.websocket("/ws/telemetry")
async def telemetry_socket(socket: WebSocket, runtime: Running) -> None:
    """The last 50 events (or all after `?since=SEQ`), then every cycle as it comes.

    A client may say `{"type": "estop"}`.
    """
    async with admitted(socket) as is_admitted:
        if is_admitted:
            await socket.accept()
            await both_ways(socket, _speak(socket, runtime, _since(socket)), _listen(socket, runtime))


async def _speak(socket: WebSocket, runtime: Runtime, since: int | None) -> int | None:
    """Answers the code to close with."""
    clock = asyncio.get_running_loop().time
    ping_at = clock() + PING_S
    async with Reader(runtime.telemetry, since=since) as reader:
        try:
            await _send(socket, reader.first())
            while True:
                batch = await reader.next(ping_at)
                if clock() >= ping_at:
                    await socket.send({"type": "websocket.send", "text": PING})
                    ping_at += PING_S
                if batch is not None:
                    await _send(socket, batch)
        except TooFarBehind:
            return TRY_LATER


async def _send(socket: WebSocket, batch: Batch) -> None:
    last = len(batch.events) - 1
    for number, event in enumerate(batch.events):
        # Rejects that were kept for this client come first; what was left out is said with the newest.
        missed = batch.missed if number == (0 if batch.is_replay else last) else 0
        await socket.send({"type": "websocket.send", "text": with_missed(event, missed).decode()})
        if batch.with_frames and number == last:
            for frame in event.frames:
                await socket.send({"type": "websocket.send", "bytes": frame})


async def _listen(socket: WebSocket, runtime: Runtime) -> None:
    while True:
        message: dict[str, Any] = dict(await socket.receive())
        if message["type"] == "websocket.disconnect":
            return
        said = _read(message.get("text") or message.get("bytes") or "")
        if said.type == "estop":
            peer = socket.client.host if socket.client else "unknown"
            runtime.estop("websocket", said.reason[:200] or f"a message on /ws/telemetry from {peer}")
            await told(runtime)
            await socket.send({"type": "websocket.send", "text": '{"type":"estop","state":"emergency"}'})


def _read(text: str | bytes) -> _Said:
    try:
        return _decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _Said()


def _since(socket: WebSocket) -> int | None:
    text = socket.query_params.get("since", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
