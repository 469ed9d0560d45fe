"""``WS /foxglove``: the robot live in Foxglove and Lichtblick."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, WebSocket

from pilothouse.guard.routes.access import Running
from pilothouse.guard.routes.sockets import TRY_LATER, admitted, both_ways
from pilothouse.guard.runtime import Runtime
from pilothouse.guard.telemetry import Reader, TooFarBehind
from pilothouse.guard.telemetry.foxglove import Viewer, chosen_subprotocol

# Nobody waits for a keepalive here; looking in so often is enough to notice that the service ends.
LOOK_S = 30.0
NOT_SPOKEN = 1002

router = APIRouter(tags=["telemetry"])


@router.websocket("/foxglove")
async def foxglove_socket(socket: WebSocket, runtime: Running) -> None:
    """Channels `/dam/cycle`, `/joint_states` and one for each camera, in the protocol of Foxglove."""
    await converse(socket, runtime)


async def converse(socket: WebSocket, runtime: Runtime) -> None:
    """Speak with one viewer until either side ends it; who speaks another protocol is turned away."""
    subprotocol = chosen_subprotocol(socket.scope.get("subprotocols", []))
    if subprotocol is None:
        await socket.close(NOT_SPOKEN)
        return
    async with admitted(socket) as is_admitted:
        if is_admitted:
            await socket.accept(subprotocol)
            viewer = Viewer(runtime.stack.robot.name)
            await both_ways(socket, _show(socket, runtime, viewer), _listen(socket, viewer))


async def _show(socket: WebSocket, runtime: Runtime, viewer: Viewer) -> int | None:
    for text in viewer.greet():
        await socket.send_text(text)
    async with Reader(runtime.telemetry, replayed=0) as reader:
        reader.first()
        try:
            while True:
                batch = await reader.next(asyncio.get_running_loop().time() + LOOK_S)
                if batch is None:
                    continue
                for number, event in enumerate(batch.events):
                    is_last = number == len(batch.events) - 1
                    missed = batch.missed if is_last else 0
                    for frame in viewer.show(event, missed=missed, with_frames=batch.with_frames and is_last):
                        await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_text(frame))
        except TooFarBehind:
            return TRY_LATER


async def _listen(socket: WebSocket, viewer: Viewer) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        # What it subscribes to comes from the other side of the conversation, with the next event.
        for text in viewer.hear(message.get("text") or message.get("bytes") or ""):
            await socket.send_text(text)
            await asyncio.sleep(0)
