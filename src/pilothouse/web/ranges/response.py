"""Answers with the bytes of a source, whole or in ranges."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from email.utils import formatdate
from urllib.parse import quote

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pilothouse.web.edge import Truncated
from pilothouse.web.errors import error_response
from pilothouse.web.ranges.plan import Plan, Range, plan
from pilothouse.web.ranges.source import ByteSource, OpenSource

# Large enough that a whole file is not slowed by turns of the event loop, small enough to keep per slow client.
CHUNK_BYTES = 256 << 10
_CONDITIONS = frozenset(
    (b"range", b"if-range", b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since")
)
Header = tuple[bytes, bytes]


class SourceChanged(Exception):
    """What was answered before is not what is there now."""


class RangeResponse(Response):
    """200, 206, 304, 412 or 416 as RFC 9110 asks; the body follows the client's pace.

    Called again it answers again, as long as the source is the same; otherwise it raises :class:`SourceChanged`.
    ``etag`` (quoted or not) and ``last_modified_s`` replace what the source says of itself.
    """

    def __init__(
        self,
        open_source: OpenSource,
        *,
        etag: str | None = None,
        last_modified_s: float | None = None,
        media_type: str = "application/octet-stream",
        filename: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.body = b""
        self.media_type = media_type
        self.raw_headers = [(b"content-type", media_type.encode("latin-1"))]
        if filename is not None:
            self.raw_headers.append((b"content-disposition", _disposition(filename).encode("latin-1")))
        for name, value in (headers or {}).items():
            self.raw_headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))
        self._open = open_source
        self._etag = etag if etag is None or etag.startswith(('"', "W/")) else f'"{etag}"'
        self._last_modified_s = last_modified_s
        self._type = media_type
        self._seen: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        source = await self._open()
        try:
            if self._seen is None:
                self._seen = source.etag
            elif self._seen != source.etag:
                raise SourceChanged
            await self._answer(source, scope, receive, send)
        finally:
            source.close()

    async def _answer(self, source: ByteSource, scope: Scope, receive: Receive, send: Send) -> None:
        etag = self._etag or source.etag
        modified_s = source.modified_s if self._last_modified_s is None else self._last_modified_s
        modified = None if modified_s is None else _http_date(int(modified_s))
        asked = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _CONDITIONS}
        method = scope["method"]
        decided = plan(asked, method=method, size=source.size, etag=etag, last_modified=modified)
        about = [*self.raw_headers, (b"accept-ranges", b"bytes"), (b"etag", etag.encode("latin-1"))]
        if modified is not None:
            about.append((b"last-modified", modified.encode()))
        if decided.status in (412, 416):
            await _refusal(scope, decided.status, source.size, etag)(scope, receive, send)
        elif decided.status == 304 or method == "HEAD":
            await _head_only(decided, source.size, about, send)
        elif len(decided.parts) == 1:
            await self._single(source, decided, about, receive, send)
        else:
            await self._multipart(source, decided, about, receive, send)

    async def _single(
        self, source: ByteSource, decided: Plan, about: list[Header], receive: Receive, send: Send
    ) -> None:
        part = decided.parts[0]
        about.append((b"content-length", b"%d" % part.length))
        if decided.status == 206:
            about.append((b"content-range", _content_range(part, source.size)))
        await send({"type": "http.response.start", "status": decided.status, "headers": about})
        if part.length <= CHUNK_BYTES:
            content = source.read_now(part.start, part.length)
            if content is not None and len(content) == part.length:
                await send({"type": "http.response.body", "body": content})
                return
        await _stream(source, [(b"", part)], b"", receive, send)

    async def _multipart(
        self, source: ByteSource, decided: Plan, about: list[Header], receive: Receive, send: Send
    ) -> None:
        boundary = secrets.token_hex(16).encode()
        sections = [(_part_head(part, source.size, boundary, self._type), part) for part in decided.parts]
        ending = b"\r\n--%s--\r\n" % boundary
        length = sum(len(head) + part.length for head, part in sections) + len(ending)
        headers = [header for header in about if header[0] != b"content-type"]
        headers.append((b"content-type", b"multipart/byteranges; boundary=" + boundary))
        headers.append((b"content-length", b"%d" % length))
        await send({"type": "http.response.start", "status": 206, "headers": headers})
        await _stream(source, sections, ending, receive, send)


async def _stream(
    source: ByteSource, sections: Iterable[tuple[bytes, Range]], ending: bytes, receive: Receive, send: Send
) -> None:
    """Send section after section until the end or until nobody listens any more."""
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        for head, part in sections:
            if head:
                await send({"type": "http.response.body", "body": head, "more_body": True})
            async for content in _contents(source, part):
                if gone.done():
                    return
                await send({"type": "http.response.body", "body": content, "more_body": True})
                # With bytes at hand and a fast client the event loop would get no turn, not even to notice a cut.
                await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": ending})
    finally:
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


async def _contents(source: ByteSource, part: Range) -> AsyncIterator[bytes | bytearray]:
    offset = part.start
    while offset < part.stop:
        wanted = min(CHUNK_BYTES, part.stop - offset)
        content = source.read_now(offset, wanted) or await source.read(offset, wanted)
        if not content:
            raise Truncated(f"the file ends at {offset} of {part.stop} bytes")
        offset += len(content)
        yield content


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _head_only(decided: Plan, size: int, about: list[Header], send: Send) -> None:
    if decided.status == 304:
        about = [header for header in about if header[0] != b"content-type"]
    else:
        about = [*about, (b"content-length", b"%d" % size)]
    await send({"type": "http.response.start", "status": decided.status, "headers": about})
    await send({"type": "http.response.body", "body": b""})


def _refusal(scope: Scope, status: int, size: int, etag: str) -> Response:
    if status == 416:
        headers = {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes", "ETag": etag}
        return error_response(scope, 416, f"None of these ranges lies within the {size} bytes.", headers=headers)
    return error_response(scope, 412, "The file has changed since.", headers={"ETag": etag})


def _content_range(part: Range, size: int) -> bytes:
    return b"bytes %d-%d/%d" % (part.start, part.stop - 1, size)


def _part_head(part: Range, size: int, boundary: bytes, media_type: str) -> bytes:
    return b"\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n" % (
        boundary,
        media_type.encode("latin-1"),
        _content_range(part, size),
    )


def _disposition(filename: str) -> str:
    plain = quote(filename, safe="")
    exact = f"; filename*=utf-8''{plain}" if plain != filename else ""
    return f'attachment; filename="{plain}"{exact}'


@functools.lru_cache(maxsize=1024)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
