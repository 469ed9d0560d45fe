"""Sends a file by tus 1.0 so that any cut costs at most the chunk under way."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx2

from pilothouse.client.connection import Connection
from pilothouse.client.pace import PIECE_BYTES, Pace, Progress, Stop, Throttle, unthrottled
from pilothouse.client.problems import (
    FileChanged,
    FileUnreadable,
    HubUnreachable,
    UnexpectedAnswer,
    UploadRejected,
    UploadStopped,
    UploadStuck,
)
from pilothouse.client.reading import opened
from pilothouse.wire import UploadMetadata
from pilothouse.wire.upload import TUS_VERSION, UPLOADS_PATH

# After the last chunk the hub reads the whole file again to prove it.
_LAST_ANSWER_S = 300.0
_CHUNK_ANSWER_S = 60.0
_TRIES_WITHOUT_PROGRESS = 4
_BEGINNINGS = 2
_TUS = {"Tus-Resumable": TUS_VERSION}
_GONE = frozenset((404, 410))
_CHECKSUM_MISMATCH = 460
_WORTH_ASKING_AGAIN = frozenset((409, 423, _CHECKSUM_MISMATCH))


@dataclass
class _Place:
    """Where an upload stands at the hub."""

    path: str
    offset: int


class Upload:
    """One file on its way. :meth:`run` returns when the hub has all of it and found it to be what was announced."""

    def __init__(
        self,
        connection: Connection,
        path: Path,
        metadata: UploadMetadata,
        *,
        pace: Pace,
        progress: Progress | None = None,
        stop: Stop | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        self._connection = connection
        self._path = path
        self._metadata = metadata
        self._pace = pace
        self._progress = progress or (lambda _sent, _length: None)
        self._stop: Stop = stop or threading.Event()
        self._throttle = throttle or unthrottled
        self._length = 0
        self._beginnings = 0
        self._tries = 0

    def run(self) -> None:
        """Send what the hub does not have yet; raises a problem when it cannot go on, and may be called again."""
        with opened(self._path) as (file, self._length):
            place = self._begin()
            self._progress(place.offset, self._length)
            while place.offset < self._length:
                place = self._step(file, place)

    def _step(self, file: BinaryIO, place: _Place) -> _Place:
        """Send one chunk; where the upload stands after it."""
        if self._stop.is_set():
            raise UploadStopped(offset=place.offset, length=self._length)
        response = self._send(file, place)
        status = response.status_code
        if status in _GONE:
            return self._begin()
        if status in _WORTH_ASKING_AGAIN:
            return self._ask_again(response, place)
        self._connection.raise_for(response)
        offset = self._offset_in(response)
        if offset <= place.offset:
            self._count_try(place.offset, f"the hub answered {status} and stays at byte {offset}")
        else:
            self._tries = 0
            self._pace.succeeded()
        self._progress(offset, self._length)
        return _Place(place.path, offset)

    def _begin(self) -> _Place:
        """Create the upload, or find the one of the same content."""
        self._beginnings += 1
        if self._beginnings > _BEGINNINGS:
            raise UploadRejected(session_id=self._metadata.session_id)
        headers = {**_TUS, "Upload-Length": str(self._length), "Upload-Metadata": self._metadata.to_header()}
        response = self._connection.request(
            "POST", UPLOADS_PATH, headers=headers, content=b"", timeout_s=_LAST_ANSWER_S
        )
        path = self._path_of(response.headers.get("location"))
        if "upload-offset" in response.headers:
            return _Place(path, self._offset_in(response))
        return self._where(path) or _Place(path, 0)

    def _where(self, path: str) -> _Place | None:
        """Ask how far the upload is; None when it is not known any more."""
        response = self._connection.ask("HEAD", path, headers=_TUS, timeout_s=_LAST_ANSWER_S)
        if response.status_code in _GONE:
            return None
        self._connection.raise_for(response)
        length = response.headers.get("upload-length")
        if length is not None and length != str(self._length):
            raise UnexpectedAnswer(
                url=self._connection.url, reason=f"the upload has {length} bytes, not {self._length}"
            )
        return _Place(path, self._offset_in(response))

    def _ask_again(self, response: httpx2.Response, place: _Place) -> _Place:
        status = response.status_code
        found = self._where(place.path)
        if found is None:
            return self._begin()
        if found.offset > place.offset:
            self._tries = 0
            return found
        if status == _CHECKSUM_MISMATCH and (found.offset < place.offset or _concerns_the_whole(response)):
            return self._begin()  # the whole was not what was announced, and the hub threw it away
        self._count_try(found.offset, f"the hub answered {status}")
        self._stop.wait(0.1 * 2**self._tries if status == 423 else 0)
        return found

    def _count_try(self, offset: int, reason: str) -> None:
        self._tries += 1
        if self._tries >= _TRIES_WITHOUT_PROGRESS:
            raise UploadStuck(session_id=self._metadata.session_id, offset=offset, length=self._length, reason=reason)

    def _send(self, file: BinaryIO, place: _Place) -> httpx2.Response:
        chunk = self._read(file, place.offset)
        is_last = place.offset + len(chunk) == self._length
        headers = {
            **_TUS,
            "Upload-Offset": str(place.offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(len(chunk)),
            "Upload-Checksum": f"sha256 {base64.b64encode(hashlib.sha256(chunk).digest()).decode()}",
        }
        content = self._pieces(chunk, place.offset)
        timeout_s = _LAST_ANSWER_S if is_last else _CHUNK_ANSWER_S
        try:
            return self._connection.ask("PATCH", place.path, headers=headers, content=content, timeout_s=timeout_s)
        except HubUnreachable:
            self._pace.cut()
            raise

    def _read(self, file: BinaryIO, offset: int) -> bytes:
        wanted = min(self._pace.chunk_bytes, self._length - offset)
        try:
            file.seek(offset)
            chunk = file.read(wanted)
        except OSError as error:
            raise FileUnreadable(path=self._path, reason=error.strerror or type(error).__name__) from None
        if len(chunk) != wanted or os.fstat(file.fileno()).st_size != self._length:
            raise FileChanged(path=self._path)
        return chunk

    def _pieces(self, chunk: bytes, offset: int) -> Iterator[bytes]:
        view = memoryview(chunk)
        for start in range(0, len(chunk), PIECE_BYTES):
            if self._stop.is_set():
                raise UploadStopped(offset=offset, length=self._length)
            piece = bytes(view[start : start + PIECE_BYTES])
            self._throttle(len(piece))
            yield piece

    def _offset_in(self, response: httpx2.Response) -> int:
        text = response.headers.get("upload-offset", "")
        offset = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
        if not 0 <= offset <= self._length:
            raise UnexpectedAnswer(url=self._connection.url, reason=f"Upload-Offset: '{text}'")
        return offset

    def _path_of(self, location: str | None) -> str:
        """Where to send the bytes: always at this hub, whatever name for it a proxy has put in."""
        parts = urlsplit(location or "")
        if not parts.path:
            raise UnexpectedAnswer(url=self._connection.url, reason="no Location of the upload")
        path = parts.path if parts.path.startswith("/") else f"{UPLOADS_PATH}/{parts.path}"
        path = path.removeprefix(self._connection.path_prefix)
        return f"{path}?{parts.query}" if parts.query else path


def _concerns_the_whole(response: httpx2.Response) -> bool:
    """460 says that a checksum does not match, not whose; our hub's code does."""
    try:
        document = response.json()
    except ValueError:
        return False
    return isinstance(document, dict) and document.get("code") == "content_checksum_mismatch"
