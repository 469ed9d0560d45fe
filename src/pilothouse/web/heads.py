"""Heads of requests: bounded in bytes and in time, whoever sends them, and refused in the shape of all errors.

They come before anything is known of who asks, so a service that waits for the rest of one, or keeps it, does so for
anybody.
"""

from __future__ import annotations

import asyncio
import secrets
from functools import cache
from http.client import responses
from typing import TYPE_CHECKING, Any

import msgspec

# What h11, the parser of a base install, takes; httptools takes all there is.
MOST_BYTES = 64 << 10
WHOLE_WITHIN_S = 30.0
# Of a body, whose length says nothing of how long it may take.
PAUSES_AT_MOST_S = 300.0

_TOO_LARGE = (431, f"The address and the headers of a request are at most {MOST_BYTES >> 10} KiB.", "head_too_large")
_NOT_HTTP = (400, "This is no request that HTTP knows.", "bad_request")

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as _Protocol
else:
    _Protocol = object


class _Patient(_Protocol):
    """A connection that says nothing, half of a head, or no more of a body is closed after a while."""

    _refusal = _NOT_HTTP
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        cycle: Any = self.cycle
        if self.transport.get_protocol() is not self:
            self._wait_no_more()
        elif cycle is None or cycle.response_complete:
            self._wait_for_head()
        else:
            self._wait_no_more()
            if cycle.more_body:
                self._patience = self.loop.call_later(PAUSES_AT_MOST_S, self._end_pause)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        status, detail, code = self._refusal
        request_id = f"req_{secrets.token_hex(10)}"
        document = msgspec.json.encode({"detail": detail, "request_id": request_id, "code": code})
        self.transport.write(
            f"HTTP/1.1 {status} {responses[status]}\r\ncontent-type: application/json\r\nx-request-id: {request_id}\r\n"
            f"content-length: {len(document)}\r\nconnection: close\r\n\r\n".encode()
            + document
        )
        self.transport.close()

    def _wait_for_head(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(WHOLE_WITHIN_S, self.transport.close)

    def _end_pause(self) -> None:
        if self.flow.read_paused:  # nobody here has read what came
            self._patience = self.loop.call_later(PAUSES_AT_MOST_S, self._end_pause)
        else:
            self.transport.close()

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


@cache
def http_protocol() -> type[asyncio.Protocol]:
    """uvicorn's own, on the parser that is installed, held to these bounds."""
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol

        return type("BoundedH11", (_Patient, H11Protocol), {})
    return _bounded(HttpToolsProtocol)


def _bounded(base: Any) -> type[asyncio.Protocol]:
    class Bounded(_Patient, base):  # type: ignore[misc]
        """Counts what came since the parser last had something whole, and what of it are headers and trailers."""

        _unread = _head = 0

        def data_received(self, data: bytes) -> None:
            self._unread += len(data)
            super().data_received(data)
            if self._unread > MOST_BYTES and not self.transport.is_closing():
                self._refusal = _TOO_LARGE
                self.send_400_response("")

        def on_message_begin(self) -> None:
            self._head = 0
            super().on_message_begin()

        def on_url(self, url: bytes) -> None:
            self._count(url)
            super().on_url(url)

        def on_header(self, name: bytes, value: bytes) -> None:
            self._count(name, value)
            super().on_header(name, value)

        def on_headers_complete(self) -> None:
            self._unread = 0
            super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            self._unread = 0
            super().on_body(body)

        def on_message_complete(self) -> None:
            self._unread = 0
            super().on_message_complete()

        def _count(self, *parts: bytes) -> None:
            self._head += sum(map(len, parts))
            if self._head > MOST_BYTES:
                self._refusal = _TOO_LARGE
                raise ValueError(_TOO_LARGE[1])  # the parser stops, and send_400_response is asked

    return Bounded
