"""The outermost layer of every service: what holds for each request whatever becomes of it."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import secrets
from collections.abc import Callable, Collection
from time import perf_counter
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from pilothouse.kit.logs import bind_context, get_logger, reset_context
from pilothouse.web.errors import INTERNAL, REQUEST_ID, error_response, plain_words
from pilothouse.web.hosts import AllowedHosts
from pilothouse.web.measure import RequestMetrics, route_of
from pilothouse.web.sockets import TRY_LATER

_ACCEPTED_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
# W3C Trace Context, version 00; ids of zeros are void.
_TRACE_PARENT = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_PLAIN = b"text/plain"
_CLIENT_LEFT = 499  # what nginx logs when there is nobody left to answer
_EXTRA = "pilothouse.headers"
# What comes many times a minute all day long would be most of a log, and wear a robot's disk.
_QUIET_ROUTES = frozenset(
    {"/health", "/healthz", "/readyz", "/metrics", "/messages", "/api/v1/agents/heartbeat", "/api/v1/agent/heartbeat"}
)
_QUIET_STATUSES = frozenset({206, 304})  # a viewer reads a recording in thousands of ranges

log = get_logger("pilothouse.web")
_threshold = logging.getLogger("pilothouse.web")  # asking it costs a hundredth of a line that is then dropped


class Truncated(Exception):
    """The body ends before its announced length; the connection is cut so that nobody takes it for whole."""


class Edge:
    """Request id, security headers, Host and Origin, metrics, access log, and an answer when all else failed."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: RequestMetrics,
        security_headers: list[tuple[bytes, bytes]],
        hosts: AllowedHosts | None = None,
        never_refused: Collection[str] = (),
        is_closing: Callable[[], bool] = lambda: False,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._security_headers = security_headers
        self._hosts = hosts
        self._never_refused = frozenset(never_refused)
        self._is_closing = is_closing
        # Random once per process, then counted: unique like a random one, at a tenth of the price.
        self._ids = f"req_{secrets.token_hex(10)}_"
        self._count = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id, trace_id, refusal = self._look_at(scope)
        scope[REQUEST_ID] = request_id
        exchange = _Exchange(scope, send, request_id, self._security_headers)
        about = {"request_id": request_id} if trace_id is None else {"request_id": request_id, "trace_id": trace_id}
        tokens = bind_context(**about)
        started = perf_counter()
        try:
            if refusal is None:
                await self._app(scope, receive, exchange.send)
            else:
                await error_response(scope, *refusal)(scope, receive, exchange.send)
        except Truncated as cut:
            log.warning("answer cut short", path=_path(scope), reason=str(cut))
        except (WebSocketDisconnect, ClientDisconnect):
            exchange.status = exchange.status if exchange.is_started else _CLIENT_LEFT
            log.debug("the other side left", path=_path(scope))
        except asyncio.CancelledError:
            if not self._is_closing():
                raise
        except Exception:
            log.exception("request failed", path=_path(scope))
            await exchange.fail(receive)
        finally:
            self._finish(scope, exchange.status, perf_counter() - started)
            reset_context(**tokens)

    def _look_at(self, scope: Scope) -> tuple[str, str | None, tuple[int, str, str] | None]:
        """The request's id, the trace it belongs to, and why it is refused here, if it is."""
        request_id = host = origin = trace = None
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                request_id = value
            elif name == b"host":
                host = value
            elif name == b"origin":
                origin = value
            elif name == b"traceparent":
                trace = _TRACE_PARENT.fullmatch(value)
        accepted = request_id is not None and _ACCEPTED_ID.fullmatch(request_id)
        name = request_id.decode() if request_id is not None and accepted else f"{self._ids}{next(self._count):x}"
        return name, trace[1].decode() if trace else None, self._refusal(scope, host, origin)

    def _refusal(self, scope: Scope, host: bytes | None, origin: bytes | None) -> tuple[int, str, str] | None:
        if self._hosts is not None and scope["path"] not in self._never_refused:
            if host is None or not self._hosts.allows_host(host):
                return (
                    403,
                    "This service does not answer to that name; see PILOTHOUSE_ALLOWED_HOSTS.",
                    "host_not_allowed",
                )
            if origin is not None and not self._hosts.allows_origin(origin):
                return 403, "Pages of that origin may not call this service.", "origin_not_allowed"
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            return 422, "An address holds no NUL characters.", "unusable_text"
        return None

    def _finish(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        method = scope.get("method", "WEBSOCKET")
        self._metrics.observe(method, route, status, seconds)
        quiet = (route in _QUIET_ROUTES and status < 400) or status in _QUIET_STATUSES
        if quiet and not _threshold.isEnabledFor(logging.DEBUG):
            return
        write = log.debug if quiet else log.info
        write("request", method=method, path=_path(scope), status=status, ms=round(seconds * 1000, 2))


class _Exchange:
    """The answer on its way out: headers added, foreign error texts put in our shape."""

    __slots__ = ("_headers", "_id", "_replacing", "_scope", "_send", "_started", "status")

    def __init__(self, scope: Scope, send: Send, request_id: str, headers: list[tuple[bytes, bytes]]) -> None:
        self._scope = scope
        self._send = send
        self._id = (b"x-request-id", request_id.encode())
        self._headers = headers
        self._started = False
        self._replacing = False
        self.status = 500

    @property
    def is_started(self) -> bool:
        return self._started

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind.endswith("http.response.start"):
            await self._start(message)
        elif kind == "websocket.accept":
            self._started, self.status = True, 101
            await self._send({**message, "headers": [*message.get("headers", ()), self._id, *self._headers]})
        elif kind == "websocket.close" and not self._started:
            await self._refuse(message)
        elif not self._replacing:
            await self._send(message)

    async def _start(self, message: Message) -> None:
        headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
        self._started, self.status = True, message["status"]
        if self.status >= 400 and _is_plain(headers):
            self._started = False
            kept = {name.decode(): value.decode("latin-1") for name, value in headers if name == b"allow"}
            words = INTERNAL if self.status == 500 else plain_words(self.status)
            await error_response(self._scope, self.status, words, headers=kept)(self._scope, _nothing, self.send)
            self._replacing = True
            return
        present = {name for name, _ in headers}
        headers.append(self._id)
        headers.extend(self._scope.get(_EXTRA, ()))
        headers.extend(header for header in self._headers if header[0] not in present)
        await self._send({**message, "headers": headers})

    async def _refuse(self, message: Message) -> None:
        """A WebSocket closed before it was accepted is a refusal; say which in the shape of all errors."""
        if "websocket.http.response" not in self._scope.get("extensions", {}):
            self._started = True
            await self._send(message)
            return
        headers: dict[str, str] = {}
        if message.get("code") == TRY_LATER:
            status, detail = 503, "As many are connected here as there is room for; try again later."
            headers = {"Retry-After": "5"}
        elif self._scope.get("route") is not None:
            status, detail = 403, "This connection is refused."
        else:
            status, detail = 404, "There is nothing at this address."
        await error_response(self._scope, status, detail, headers=headers)(self._scope, _nothing, self.send)

    async def fail(self, receive: Receive) -> None:
        """Answer 500 if nothing was answered yet; what has begun is left incomplete, which cuts the connection."""
        if self._started:
            if self._scope["type"] == "websocket":
                await self._send({"type": "websocket.close", "code": 1011})
            return
        response = error_response(self._scope, 500, INTERNAL)
        await response(self._scope, receive, self.send)


def add_response_header(scope: Scope, name: str, value: str) -> None:
    """A header for the answer to this request, whatever answers it."""
    scope.setdefault(_EXTRA, []).append((name.encode("latin-1"), value.encode("latin-1")))


def _is_plain(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(_PLAIN) for name, value in headers)


def _path(scope: Scope) -> str:
    """The path as it was sent: what decoding makes of it could hold line breaks."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode("ascii", "backslashreplace")
    return raw.decode("latin-1")


async def _nothing() -> Any:
    return {"type": "http.disconnect"}
