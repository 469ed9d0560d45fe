"""Debuggers in sessions, and editors outside."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated

from fastapi import APIRouter, Depends, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import AnyCaller, OnceKey, ThisHub, Writing
from pilothouse.hub.lab.auth import CommandWriter
from pilothouse.hub.lab.routes.logs import GOING_AWAY, hub_closing
from pilothouse.hub.lab.routes.services import SessionPath, TheLab, TheTokens
from pilothouse.hub.lab.routes.watchers import NOT_ALLOWED, MayStay, let_in, until_they_may_not
from pilothouse.hub.lab.service.debugging import Line
from pilothouse.hub.lab.service.tickets import DEBUG
from pilothouse.kit.clock import at
from pilothouse.kit.errors import Problem
from pilothouse.wire.lab import LabDebug, LabDebugRequest, LabPathMapping, NewLabCommand

router = APIRouter(prefix="/sessions/{session_id}/debug", tags=["debug sessions"])

TRY_LATER = 1013
# A frame that closes has room for 125 bytes, two of them for the code.
MOST_REASON_BYTES = 123


@router.post("", status_code=201, summary="Run a Python program under a debugger")
async def start_debugging(
    caller: CommandWriter,
    lab: TheLab,
    session: Writing,
    hub: ThisHub,
    once: OnceKey,
    session_id: SessionPath,
    new: LabDebugRequest,
) -> LabDebug:
    """It is queued like every command; debugpy waits inside for an editor. The WebSocket carries the Debug Adapter
    Protocol as it is, both ways; one editor at a time, many in turn."""

    async def started() -> LabDebug:
        row = await lab.sessions.row(session, caller, session_id)
        wanted = NewLabCommand(argv=new.argv, cwd=new.cwd)
        command = await lab.commands.queue(session, caller, row, wanted, debugged=new)
        mapping = LabPathMapping(local_root="${workspaceFolder}", remote_root="/workspace")
        return LabDebug(
            command_id=command.id, websocket=f"/sessions/{row.id}/debug?command_id={command.id}",
            ticket="", path_mappings=[mapping],
        )  # fmt: skip

    answer = await answer_once(session, once, at(hub.clock.now_ns()), LabDebug, started)
    # The answer is kept, the ticket is not: whoever asks again gets another, which opens.
    row = await lab.sessions.row(session, caller, session_id)
    ticket = await lab.tickets.make(session, caller, row.id, DEBUG)
    return answer.model_copy(update={"ticket": ticket.ticket})


async def _admitted(
    socket: WebSocket, caller: AnyCaller, hub: ThisHub, lab: TheLab, tokens: TheTokens, session_id: SessionPath,
    ticket: Annotated[str | None, Query(max_length=100)] = None,
) -> MayStay:  # fmt: skip
    return await let_in(
        socket, caller, hub, lab, tokens, session_id, ticket=ticket, purpose=DEBUG, scopes=["commands:write"]
    )


@router.websocket("")
async def debug(
    socket: WebSocket,
    may_stay: Annotated[MayStay, Depends(_admitted)],
    lab: TheLab,
    session_id: SessionPath,
    command_id: Annotated[str, Query(max_length=40)],
) -> None:
    """The Debug Adapter Protocol, bytes as they are."""
    await socket.accept()
    try:
        line = await lab.debugging.line(session_id, command_id)
    except Problem as problem:
        await socket.close(TRY_LATER, _shortened(problem.sentence))
        return
    ousted = asyncio.create_task(until_they_may_not(may_stay))
    tasks = {asyncio.create_task(_inwards(socket, line)), asyncio.create_task(_outwards(socket, line)), ousted}
    try:
        async with hub_closing(socket) as closing:
            await asyncio.wait({*tasks, closing}, return_when=asyncio.FIRST_COMPLETED)
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await socket.close(NOT_ALLOWED if ousted.done() else GOING_AWAY if closing.done() else 1000)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await line.close()


def _shortened(sentence: str) -> str:
    return sentence.encode()[:MOST_REASON_BYTES].decode(errors="ignore")


async def _inwards(socket: WebSocket, line: Line) -> None:
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        content = message.get("bytes")
        await line.send(content if content is not None else str(message.get("text") or "").encode())


async def _outwards(socket: WebSocket, line: Line) -> None:
    while content := await line.receive():
        await socket.send_bytes(content)
