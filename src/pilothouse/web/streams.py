"""Server-sent events the same way everywhere: numbered, resumable, awake, and no faster than the client reads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Header, Query
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from pilothouse.kit.errors import Invalid

# Proxies close what has been silent for 30 or 60 seconds.
KEEPALIVE_S = 15.0
_LARGEST_ID = 2**63 - 1


class NotAnEventId(Invalid):
    """Last-Event-ID must be the whole number of an event that was sent before."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event; ``id`` is its sequence number in the log it comes from.

    Without a name a browser hands every event to the one ``onmessage``; with one, to whoever listens for it.
    """

    id: int
    data: object
    event: str | None = None

    def encode(self) -> bytes:
        data = self.data
        text = data.model_dump_json() if isinstance(data, BaseModel) else msgspec.json.encode(data).decode()
        return format_sse_event(data_str=text, event=self.event, id=str(self.id))


def forgotten(after: int, until: int) -> StreamEvent:
    """Tells a client that what came after one event, up to another, is no longer kept: it goes on behind that, and what
    it knows should be read anew."""
    told = {"after": after, "until": until, "detail": "What came between is no longer kept; read what you need anew."}
    return StreamEvent(until, told, "forgotten")


async def _since(
    since: Annotated[
        int | None, Query(ge=0, le=_LARGEST_ID, description="Send what came after this event; 0 sends all")
    ] = None,
    last_event_id: Annotated[str | None, Header(description="As browsers send it when they connect again")] = None,
) -> int | None:
    if last_event_id is None or not last_event_id.strip():
        return since
    text = last_event_id.strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > _LARGEST_ID:
        raise NotAnEventId
    return int(text)


Since = Annotated[int | None, Depends(_since)]
"""``since: Since`` in a route's signature: the last event the client has seen, None when it asks only for new ones."""


class EventStream(StreamingResponse):
    """Sends the events of a source until it ends, the client leaves, the service closes or the right is withdrawn.

    The next event is taken from the source only when the client has taken the one before: whoever feeds the source
    bounds its queue. ``still_allowed`` is asked every ``keepalive_s``.
    """

    def __init__(
        self,
        request: Request,
        source: AsyncIterator[StreamEvent],
        *,
        still_allowed: Callable[[], Awaitable[bool]] | None = None,
        keepalive_s: float = KEEPALIVE_S,
    ) -> None:
        self._content = _encoded(request, source, still_allowed, keepalive_s)
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(self._content, headers=headers, media_type="text/event-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._content.aclose()


async def _encoded(
    request: Request,
    source: AsyncIterator[StreamEvent],
    still_allowed: Callable[[], Awaitable[bool]] | None,
    keepalive_s: float,
) -> AsyncGenerator[bytes, None]:
    state = request.app.state
    closing = asyncio.Event()
    state.on_closing.add(closing.set)
    if state.closing.is_set():
        closing.set()
    ending: asyncio.Future[Any] = asyncio.ensure_future(closing.wait())
    upcoming: asyncio.Future[Any] | None = None
    loop = asyncio.get_running_loop()
    check_at = loop.time() + keepalive_s
    try:
        yield KEEPALIVE_COMMENT  # so that the client knows at once that it is connected
        while not closing.is_set():
            upcoming = upcoming or asyncio.ensure_future(_next(source))
            wait_s = max(0.0, check_at - loop.time())
            await asyncio.wait({upcoming, ending}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            if loop.time() >= check_at:
                check_at = loop.time() + keepalive_s
                if still_allowed is not None and not await still_allowed():
                    return
                if not upcoming.done():
                    yield KEEPALIVE_COMMENT
            if upcoming.done():
                event, upcoming = upcoming.result(), None
                if event is None:
                    return
                yield event.encode()
    finally:
        state.on_closing.discard(closing.set)
        await _put_down(source, [task for task in (ending, upcoming) if task is not None])


async def _next(source: AsyncIterator[StreamEvent]) -> Any:
    return await anext(source, None)


async def _put_down(source: AsyncIterator[StreamEvent], tasks: list[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
    if isinstance(source, AsyncGenerator):
        await source.aclose()
