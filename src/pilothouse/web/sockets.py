"""What every WebSocket does the same way."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from pilothouse.kit.errors import Unavailable

# Close codes: the service goes away; the right was withdrawn; try again later.
GOING_AWAY, NO_LONGER_ALLOWED, TRY_LATER = 1001, 1008, 1013


async def both_ways(
    socket: WebSocket, speaking: Coroutine[Any, Any, int | None], listening: Coroutine[Any, Any, None]
) -> None:
    """Speak and listen at once, until either side has had enough; ``speaking`` answers the code to close with."""
    closing = asyncio.Event()
    on_closing = socket.app.state.on_closing
    on_closing.add(closing.set)
    if socket.app.state.closing.is_set():
        closing.set()
    speaker = asyncio.ensure_future(speaking)
    tasks: list[asyncio.Future[Any]] = [
        speaker,
        asyncio.ensure_future(listening),
        asyncio.ensure_future(closing.wait()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        code = GOING_AWAY if closing.is_set() else speaker.result() if speaker.done() else None
        if code is not None:
            await socket.close(code)
    except Unavailable:
        with suppress(WebSocketDisconnect, RuntimeError):
            await socket.close(TRY_LATER)
    except (WebSocketDisconnect, RuntimeError):
        pass  # the client left while it was spoken to
    finally:
        on_closing.discard(closing.set)
        await _put_down(tasks)


async def _put_down(tasks: list[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # looked at, so that nobody logs it: the client left
