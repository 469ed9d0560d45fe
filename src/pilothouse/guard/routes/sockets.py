"""What every WebSocket of the guard does the same way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import WebSocket

from pilothouse.web.sockets import GOING_AWAY, TRY_LATER, both_ways

__all__ = ["GOING_AWAY", "MOST_SOCKETS", "TRY_LATER", "admitted", "both_ways"]

MOST_SOCKETS = 256


@asynccontextmanager
async def admitted(socket: WebSocket) -> AsyncIterator[bool]:
    """Whether there is room for one more; refused when there is not."""
    sockets: set[WebSocket] = socket.app.state.telemetry_sockets
    if len(sockets) >= MOST_SOCKETS:
        await socket.close(TRY_LATER)
        yield False
        return
    sockets.add(socket)
    try:
        yield True
    finally:
        sockets.discard(socket)
