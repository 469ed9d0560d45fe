"""Output, live."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from pilothouse.hub.composition import Hub
from pilothouse.hub.identity.auth import AnyCaller, ThisHub, Writing
from pilothouse.hub.lab.auth import CommandReader
from pilothouse.hub.lab.routes.services import SessionPath, TheLab, TheTokens
from pilothouse.hub.lab.routes.watchers import NOT_ALLOWED, MayStay, let_in, until_they_may_not
from pilothouse.hub.lab.service import Lab
from pilothouse.hub.lab.service.tickets import LOGS
from pilothouse.hub.lab.service.watching import Ended, Seen
from pilothouse.kit.clock import at
from pilothouse.wire.lab import LabTicket

router = APIRouter(prefix="/sessions/{session_id}/logs", tags=["debug sessions"])

READS = ("sessions:read", "commands:write", "sessions:write")
HEARTBEAT_S = 15.0
MOST_BYTES = 64 << 10
GOING_AWAY = 1001


@router.post("/ticket", status_code=201, summary="A ticket for one WebSocket of a browser")
async def logs_ticket(caller: CommandReader, lab: TheLab, session: Writing, session_id: SessionPath) -> LabTicket:
    """Good once, for a minute, as `WS /sessions/{id}/logs?ticket=`: browsers send no headers with a WebSocket."""
    row = await lab.sessions.row(session, caller, session_id)
    return await lab.tickets.make(session, caller, row.id, LOGS)


async def admitted(
    socket: WebSocket, caller: AnyCaller, hub: ThisHub, lab: TheLab, tokens: TheTokens, session_id: SessionPath,
    ticket: Annotated[str | None, Query(max_length=100)] = None,
) -> MayStay:  # fmt: skip
    """Who watches: by a ticket, or as in every request."""
    return await let_in(socket, caller, hub, lab, tokens, session_id, ticket=ticket, purpose=LOGS, scopes=READS)


@router.websocket("")
async def watch_logs(
    socket: WebSocket,
    may_stay: Annotated[MayStay, Depends(admitted)],
    hub: ThisHub,
    lab: TheLab,
    session_id: SessionPath,
    start: Annotated[int, Query(alias="from", ge=0, le=2**62)] = 0,
    command_id: Annotated[str | None, Query(max_length=40)] = None,
) -> None:
    """What the commands of a session wrote, then what they write: `{command_id, offset, stream, text | base64,
    timestamp}`. Offsets count through all commands; with `?command_id=` through that one. `?from=` resumes. A command's
    end is `{command_id, exit_code, termination_reason, offset}`. Now and then `{heartbeat}`."""
    await socket.accept()
    watched = _watched(lab, session_id, command_id, start)
    sending = asyncio.create_task(_send(socket, hub, watched))
    leaving = asyncio.create_task(until_gone(socket))
    ousted = asyncio.create_task(until_they_may_not(may_stay))
    try:
        async with hub_closing(socket) as closing:
            await asyncio.wait({sending, leaving, ousted, closing}, return_when=asyncio.FIRST_COMPLETED)
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                if sending.done():
                    await socket.close(sending.result())
                elif ousted.done():
                    await socket.close(NOT_ALLOWED)
                elif closing.done():
                    await socket.close(GOING_AWAY)
    finally:
        for task in (sending, leaving, ousted):
            task.cancel()
        await asyncio.gather(sending, leaving, ousted, return_exceptions=True)


def _watched(lab: Lab, session_id: str, command_id: str | None, start: int) -> AsyncGenerator[Seen | Ended | None]:
    if command_id is None:
        return lab.watching.session(session_id, start)
    return lab.watching.command(session_id, command_id, start)


@contextlib.asynccontextmanager
async def hub_closing(socket: WebSocket) -> AsyncIterator[asyncio.Task[bool]]:
    """A task that is done once the hub ends."""
    state, closing = socket.app.state, asyncio.Event()
    state.on_closing.add(closing.set)
    if state.closing.is_set():
        closing.set()
    waiting = asyncio.create_task(closing.wait())
    try:
        yield waiting
    finally:
        state.on_closing.discard(closing.set)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def _send(socket: WebSocket, hub: Hub, watched: AsyncGenerator[Seen | Ended | None]) -> int:
    """Frames as they come; the code to close with."""
    clock = asyncio.get_running_loop().time
    beat_at = clock() + HEARTBEAT_S
    async with aclosing(watched):
        async for one in watched:
            if isinstance(one, Seen):
                for text in _frames(one):
                    await socket.send_text(text)
            elif isinstance(one, Ended):
                await socket.send_text(_end(one))
            if clock() >= beat_at:
                beat_at = clock() + HEARTBEAT_S
                await socket.send_text(json.dumps({"heartbeat": at(hub.clock.now_ns()).isoformat()}))
    return 1000


def _frames(seen: Seen) -> Iterator[str]:
    """Text where the bytes are UTF-8, base64 where they are not; each as it was written."""
    content, offset = seen.frame.content, seen.offset
    about = {"command_id": seen.command.id, "stream": seen.frame.stream.value,
             "timestamp": at(seen.frame.time_ns).isoformat()}  # fmt: skip
    for begin in range(0, len(content), MOST_BYTES):
        part = content[begin : begin + MOST_BYTES]
        try:
            body = {"text": part.decode()}
        except UnicodeDecodeError:
            body = {"base64": base64.b64encode(part).decode()}
        yield json.dumps({"offset": offset + begin, **about, **body}, ensure_ascii=False)


def _end(ended: Ended) -> str:
    command = ended.command
    return json.dumps({
        "command_id": command.id, "sequence": command.sequence, "offset": ended.offset,
        "exit_code": command.exit_code, "termination_reason": command.termination_reason, "reason": command.reason,
    })  # fmt: skip


async def until_gone(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
