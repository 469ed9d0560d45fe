"""Request bodies on their way in: bounded, and JSON that no database could hold turned away."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import Message, Receive, Scope

from pilothouse.kit.errors import Invalid, Problem
from pilothouse.web.errors import Refused, plain_words, status_of
from pilothouse.web.hygiene import check_json, is_suspect

MAX_BODY_BYTES = 1 << 20
# Larger bodies are uploads, whatever they say they are: whoever takes them reads them in pieces.
MOST_JSON_BYTES = 16 << 20


class MalformedLength(Invalid):
    """The length of the body is not a number."""


def incoming(scope: Scope, receive: Receive, limit: int) -> Receive:
    """The body of a request, refused with 413 as soon as it is known to be too long."""
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
        return receive
    if announced is not None:
        if not announced.isdigit() or len(announced) > 18:
            raise MalformedLength
        if int(announced) > limit:
            raise BodyTooLarge
    return _Incoming(receive, limit, is_json=limit <= MOST_JSON_BYTES and _is_document(kind)).receive


def _is_document(kind: bytes | None) -> bool:
    """JSON lines are read one by one, however many come."""
    return kind is not None and b"json" in (named := kind.lower()) and b"ndjson" not in named


class BodyTooLarge(Refused):
    """413; a plain HTTP error so that FastAPI lets it through while it reads a body."""

    def __init__(self) -> None:
        super().__init__(413, plain_words(413), code="too_large")


class _Incoming:
    __slots__ = ("_count", "_json", "_limit", "_receive")

    def __init__(self, receive: Receive, limit: int, *, is_json: bool) -> None:
        self._receive = receive
        self._limit = limit
        self._count = 0
        # Only routes with small bodies read them as JSON; a large upload is not kept here as well.
        self._json: bytearray | None = bytearray() if is_json else None

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            part = message.get("body", b"")
            self._count += len(part)
            if self._count > self._limit:
                raise BodyTooLarge
            if self._json is not None:
                self._json += part
                if not message.get("more_body", False):
                    _turn_away_unusable(bytes(self._json))
                    self._json = None
        return message


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
        raise Refused(status_of(problem), problem.sentence, code=problem.code) from None
