"""Request bodies on their way in: bounded, and JSON that no database could hold turned away."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pilothouse.kit.errors import Invalid, Problem, Unavailable
from pilothouse.web.errors import Refused, plain_words, status_of
from pilothouse.web.hygiene import check_json, is_suspect

MAX_BODY_BYTES = 1 << 20
# Larger bodies are uploads, whatever they say they are: whoever takes them reads them in pieces.
MOST_JSON_BYTES = 16 << 20
# What all the others that are not there yet may hold together, for they are kept before it is known who sends them.
MOST_UNFINISHED_BYTES = 64 << 20


class MalformedLength(Invalid):
    """The length of the body is not a number."""


async def call_with_body(app: ASGIApp, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    """Call what answers a request; its body is refused with 413 as soon as it is known to be too long."""
    body = _incoming(scope, receive, limit)
    if body is None:
        await app(scope, receive, send)
        return
    try:
        await app(scope, body.receive, send)
    finally:
        body.let_go()


def _incoming(scope: Scope, receive: Receive, limit: int) -> _Incoming | None:
    """What comes of a body, where there is one."""
    announced = kind = None
    chunked = False
    for name, value in scope["headers"]:
        if name == b"content-length":
            announced = value
        elif name == b"transfer-encoding":
            chunked = True
        elif name == b"content-type":
            kind = value
    if announced is None and not chunked:
        return None
    if announced is not None:
        if not announced.isdigit() or len(announced) > 18:
            raise MalformedLength
        if int(announced) > limit:
            raise BodyTooLarge
    is_kept = limit <= MOST_JSON_BYTES
    return _Incoming(receive, limit, is_kept=is_kept, is_json=is_kept and _is_document(kind))


def _is_document(kind: bytes | None) -> bool:
    """JSON lines are read one by one, however many come."""
    return kind is not None and b"json" in (named := kind.lower()) and b"ndjson" not in named


class BodyTooLarge(Refused):
    """413; a plain HTTP error so that FastAPI lets it through while it reads a body."""

    def __init__(self) -> None:
        super().__init__(413, plain_words(413), code="too_large")


class TooMuchAtOnce(Unavailable):
    """So many requests are half sent that there is no room for another; try again in a second."""


class _Incoming:
    __slots__ = ("_count", "_held", "_is_kept", "_json", "_limit", "_receive")
    unfinished_bytes = 0
    """Of all bodies of this process that are kept until they are whole."""

    def __init__(self, receive: Receive, limit: int, *, is_kept: bool, is_json: bool) -> None:
        self._receive = receive
        self._limit = limit
        self._count = self._held = 0
        self._is_kept = is_kept
        # Only routes with small bodies read them as JSON; a large upload is not kept here as well.
        self._json: bytearray | None = bytearray() if is_json else None

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            part, is_last = message.get("body", b""), not message.get("more_body", False)
            self._count += len(part)
            if self._count > self._limit:
                raise BodyTooLarge
            if self._is_kept and not is_last:
                self._hold(len(part))
            if self._json is not None:
                self._json += part
                if is_last:
                    _turn_away_unusable(bytes(self._json))
                    self._json = None
        return message

    def _hold(self, size: int) -> None:
        if _Incoming.unfinished_bytes + size > MOST_UNFINISHED_BYTES:
            raise _refusal(TooMuchAtOnce(), {"Retry-After": "1"})
        _Incoming.unfinished_bytes += size
        self._held += size

    def let_go(self) -> None:
        """The request is over."""
        _Incoming.unfinished_bytes -= self._held
        self._held = 0


def _turn_away_unusable(body: bytes) -> None:
    if not is_suspect(body):
        return
    try:
        content: Any = json.loads(body)
    except (ValueError, RecursionError):
        return  # whoever reads it says what is wrong with it
    try:
        check_json(content)
    except Problem as problem:
        raise _refusal(problem) from None


def _refusal(problem: Problem, headers: dict[str, str] | None = None) -> Refused:
    """As a plain HTTP error, which FastAPI lets through while it reads a body."""
    return Refused(status_of(problem), problem.sentence, code=problem.code, headers=headers)
