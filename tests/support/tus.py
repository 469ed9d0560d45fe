"""A tus server small enough to read, that can be cut, and lies on request."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pilothouse.wire import UploadMetadata


@dataclass
class Kept:
    """One upload."""

    metadata: UploadMetadata
    length: int
    content: bytearray = field(default_factory=bytearray)

    @property
    def offset(self) -> int:
        return len(self.content)


@dataclass
class Tus:
    """What the server keeps, what it saw, and what it is to do wrong next."""

    url: str = ""
    location_prefix: str = ""
    uploads: dict[str, Kept] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    authorizations: set[str | None] = field(default_factory=set)
    chunks: list[tuple[int, int]] = field(default_factory=list)
    """Offset and length of every PATCH that was taken."""
    cut_after_bytes: int | None = None
    """Cut the connection in the middle of the next PATCH, after so many of its bytes."""
    keep_what_was_cut: bool = True
    wrong: list[int] = field(default_factory=list)
    """Statuses to answer the next PATCHes with, instead of taking them."""
    forget_after: int | None = None
    """Forget the upload when the next PATCH arrives, this many times."""
    corrupt: int = 0
    """Find the whole to be another content than announced, this many times."""
    stay: bool = False
    """Answer every PATCH as taken, and take nothing."""

    def kept(self) -> Kept:
        assert len(self.uploads) == 1
        return next(iter(self.uploads.values()))


def _handler(tus: Tus) -> type[BaseHTTPRequestHandler]:
    def place(name: str) -> str:
        return f"{tus.location_prefix}/api/uploads/{name}"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            return None

        def answer(self, status: int, **headers: object) -> None:
            body = b'{"detail": "as told", "request_id": "req_1", "code": "told"}' if status >= 400 else b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), str(value))
            self.send_header("Tus-Resumable", "1.0.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def seen(self) -> Kept | None:
            tus.requests.append((self.command, self.path))
            tus.authorizations.add(self.headers["authorization"])
            assert self.headers["tus-resumable"] == "1.0.0"
            return tus.uploads.get(self.path.rpartition("/")[2])

        def do_POST(self) -> None:
            self.seen()
            metadata = UploadMetadata.from_header(self.headers["upload-metadata"])
            for name, kept in tus.uploads.items():
                if kept.metadata.session_id == metadata.session_id:
                    if kept.metadata.sha256 != metadata.sha256:
                        return self.answer(409)
                    return self.answer(
                        200, Location=f"{tus.location_prefix}/api/uploads/{name}", Upload_Offset=kept.offset
                    )
            name = f"up{len(tus.requests)}"
            tus.uploads[name] = Kept(metadata, int(self.headers["upload-length"]))
            return self.answer(201, Location=place(name), Upload_Offset=0)

        def do_HEAD(self) -> None:
            kept = self.seen()
            if kept is None:
                return self.answer(404)
            return self.answer(200, Upload_Offset=kept.offset, Upload_Length=kept.length, Cache_Control="no-store")

        def do_PATCH(self) -> None:
            kept = self.seen()
            length, offset = int(self.headers["content-length"]), int(self.headers["upload-offset"])
            assert self.headers["content-type"] == "application/offset+octet-stream"
            if tus.cut_after_bytes is not None:
                return self._cut(kept, min(length, tus.cut_after_bytes))
            content = self.rfile.read(length)
            if tus.forget_after:
                tus.forget_after -= 1
                tus.uploads.clear()
                kept = None
            if kept is None:
                return self.answer(404)
            if tus.wrong:
                return self.answer(tus.wrong.pop(0))
            if tus.stay:
                return self.answer(204, Upload_Offset=kept.offset)
            if offset != kept.offset:
                return self.answer(409)
            algorithm, _, digest = self.headers["upload-checksum"].partition(" ")
            if base64.b64decode(digest) != hashlib.new(algorithm, content).digest():
                return self.answer(460)
            kept.content += content
            tus.chunks.append((offset, length))
            if kept.offset == kept.length and not self._is_what_was_announced(kept):
                kept.content.clear()
                return self.answer(460)
            return self.answer(204, Upload_Offset=kept.offset)

        def _is_what_was_announced(self, kept: Kept) -> bool:
            if tus.corrupt:
                tus.corrupt -= 1
                return False
            return hashlib.sha256(kept.content).hexdigest() == kept.metadata.sha256

        def _cut(self, kept: Kept | None, count: int) -> None:
            content = self.rfile.read(count)
            if kept is not None and tus.keep_what_was_cut:
                kept.content += content
            tus.cut_after_bytes = None
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    return Handler


@contextmanager
def tus_server() -> Iterator[Tus]:
    """A server in a thread of this process."""
    tus = Tus()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(tus))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    tus.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield tus
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
