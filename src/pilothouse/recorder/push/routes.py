"""``POST /messages`` and ``WS /messages``: for programs and agents with no middleware."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, WebSocket
from starlette.websockets import WebSocketDisconnect

from pilothouse.kit.errors import TooLarge
from pilothouse.recorder.push.pushing import PushBusy, PushEnded, Pushing, PushReceipt, Share
from pilothouse.recorder.push.reading import (
    LINE_BYTES,
    Line,
    Lines,
    UnreadableMessage,
    parse_binary,
    parse_document,
    parse_frame,
    topic_in,
    topic_of,
)
from pilothouse.web import body_limit

MIB = 1 << 20
BODY_BYTES = 64 * MIB
DOCUMENT_BYTES = 8 * MIB
# The web layer would turn larger bodies away, and nobody would count them.
COUNTED_BYTES = 1 << 59
# How often text is in memory until it is recorded: as it came, as lines or members, decoded, and as messages.
LINE_COPIES, DOCUMENT_COPIES = 4, 8
MOST_SOCKETS = 32
# WebSocket close codes: the service goes away; try again later.
GOING_AWAY, TRY_LATER = 1001, 1013

_EXAMPLE = {"topic": "/battery", "data": {"percentage": 71.5}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "JSON lines in any number; one JSON message or an array of them; or the bytes of one message",
        "content": {
            "application/json": {"schema": {}, "examples": {"one": {"value": _EXAMPLE}}},
            "application/x-ndjson": {"schema": {"type": "string"}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class BodyTooLarge(TooLarge):
    """What is sent at once has at most {limit} bytes here; lines before that are recorded, send the others again."""


class DocumentTooLarge(TooLarge):
    """One JSON document has at most {limit} bytes here; send JSON lines as application/x-ndjson instead."""


class MessageTooLarge(TooLarge):
    """One message has at most {limit} bytes here, a quarter of max_bytes, and this one {size}; raise max_bytes to
    record it."""


Named = Annotated[str | None, Header(max_length=500)]
Encoded = Annotated[str | None, Header(max_length=100_000, description="Base64; the schema itself")]
Nanoseconds = Annotated[int | None, Header(ge=0, lt=2**63)]

PATHS = ("/messages",)
router = APIRouter(tags=["push"])


@router.post("/messages", summary="Push messages", status_code=202, openapi_extra=_BODY, **body_limit(COUNTED_BYTES))
async def push(
    request: Request,
    x_topic: Named = None,
    x_message_encoding: Named = None,
    x_schema_name: Named = None,
    x_schema_encoding: Named = None,
    x_schema: Encoded = None,
    x_log_time_ns: Nanoseconds = None,
) -> PushReceipt:
    """Record messages. The answer comes when they are in the buffer; a bad line does not stop the good ones.

    The headers describe the bytes of `application/octet-stream` and mean nothing for JSON. Anything that is neither
    that nor `application/json` is read as JSON lines, as it comes in: what is cut off was recorded up to there.
    """
    pushing = _pushing(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    receipt = PushReceipt()
    with pushing.share() as share:
        if kind not in ("application/json", "application/octet-stream"):
            lines = Lines(line_limit(pushing.most_bytes))
            async for part in _parts(request, pushing, None):
                await _take(pushing, lines.feed(part), receipt)
                share.hold(LINE_COPIES * lines.held_bytes)
            await _take(pushing, lines.end(), receipt)
            return receipt
        if kind == "application/json":
            limit = min(DOCUMENT_BYTES, pushing.most_bytes // DOCUMENT_COPIES)
            document = await _whole(request, pushing, share, limit, DocumentTooLarge, copies=DOCUMENT_COPIES)
            await asyncio.to_thread(pushing.take_lines, parse_document(bytes(document)), receipt)
            return receipt
        body = await _whole(request, pushing, share, pushing.most_bytes, MessageTooLarge, topic=topic_of(x_topic))
        try:
            message = parse_binary(
                body, topic=x_topic, encoding=x_message_encoding, schema_name=x_schema_name,
                schema_encoding=x_schema_encoding, schema=x_schema, log_time_ns=x_log_time_ns,
            )  # fmt: skip
        except UnreadableMessage:
            pushing.note_unreadable(topic_of(x_topic))
            raise
        await asyncio.to_thread(pushing.take, message)
    return PushReceipt(accepted=1)


async def _whole(
    request: Request, pushing: Pushing, share: Share, limit: int, too_large: type[TooLarge], *, copies: int = 1,
    topic: str | None = None,
) -> bytearray:  # fmt: skip
    body, size, announced = bytearray(), 0, _announced(request)
    async for part in _parts(request, pushing, topic):
        size += len(part)
        if max(size, announced) > limit:
            # Read to its end, and not kept: a sender that is cut off while it sends would not see the answer.
            body.clear()
            share.hold(0)
        else:
            share.hold(copies * size)
            body += part
    if size > limit:
        pushing.note_too_large(size, topic)
        raise too_large(limit=limit, size=size)
    return body


async def _parts(request: Request, pushing: Pushing, topic: str | None) -> AsyncIterator[bytes]:
    """The body as it comes in; raises BodyTooLarge as soon as that is known."""
    size, announced = 0, _announced(request)
    async for part in request.stream():
        size += len(part)
        if max(size, announced) > BODY_BYTES:
            pushing.note_too_large(max(size, announced), topic)
            raise BodyTooLarge(limit=BODY_BYTES)
        yield part


def _announced(request: Request) -> int:
    told = request.headers.get("content-length", "")
    return int(told) if told.isdecimal() else 0


def line_limit(most_bytes: int) -> int:
    """How long a line, or a frame of a socket, may be where unfinished requests may hold so much."""
    return min(LINE_BYTES, most_bytes // LINE_COPIES)


@router.websocket("/messages")
async def push_socket(socket: WebSocket) -> None:
    """Each frame is answered: `seq` counts this client's frames from 1. The next is read when that answer is out."""
    pushing = _pushing(socket)
    sockets: set[WebSocket] = socket.app.state.push_sockets
    if len(sockets) >= MOST_SOCKETS:
        await socket.close(TRY_LATER)
        return
    sockets.add(socket)
    try:
        await socket.accept()
        await _converse(socket, pushing)
    except WebSocketDisconnect:
        pass
    except PushEnded:
        await socket.close(GOING_AWAY)
    except PushBusy:
        await socket.close(TRY_LATER)
    finally:
        sockets.discard(socket)


async def _converse(socket: WebSocket, pushing: Pushing) -> None:
    seq = 0
    while True:
        frame = await socket.receive()
        if frame["type"] == "websocket.disconnect":
            return
        seq += 1
        receipt = PushReceipt()
        text = frame.get("text")
        content = frame["bytes"] if text is None else text.encode("utf-8", "replace")
        with pushing.share() as share:
            share.hold(LINE_COPIES * len(content))
            if text is None:
                await _take_frame(pushing, content, receipt)
            else:
                lines = Lines(line_limit(pushing.most_bytes))
                await _take(pushing, [*lines.feed(content), *lines.end()], receipt)
        await socket.send_text(f'{{"seq":{seq},{receipt.model_dump_json()[1:]}')


async def _take_frame(pushing: Pushing, frame: bytes, receipt: PushReceipt) -> None:
    try:
        message = parse_frame(frame)
    except UnreadableMessage as problem:
        pushing.note_unreadable(topic_in(frame))
        receipt.reject(1, problem.reason)
        return
    try:
        await asyncio.to_thread(pushing.take, message)
    except UnreadableMessage as problem:
        receipt.reject(1, problem.reason)
    else:
        receipt.accepted += 1


async def _take(pushing: Pushing, lines: list[Line], receipt: PushReceipt) -> None:
    # Off the loop: when the disk or the compression cannot keep up, the sender waits and nobody else does.
    if lines:
        await asyncio.to_thread(pushing.take_lines, lines, receipt)


def _pushing(connection: Request | WebSocket) -> Pushing:
    pushing: Pushing = connection.app.state.recorder.pushing
    return pushing
