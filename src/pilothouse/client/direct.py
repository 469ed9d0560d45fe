"""Puts a file straight into the hub's object store, when the hub offers a place for it there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import httpx2

from pilothouse.client.connection import CONNECT_S, Connection
from pilothouse.client.pace import PIECE_BYTES, Progress, Stop, Throttle, unthrottled
from pilothouse.client.problems import DirectUploadFailed, FileChanged, StoreFailed, UploadStopped
from pilothouse.client.reading import opened
from pilothouse.kit.errors import Problem, Unauthenticated
from pilothouse.wire import DirectUpload, DirectUploadOffer, DirectUploadRequest, UploadMetadata
from pilothouse.wire.direct import DIRECT_PATH

# A store may take its time for the last byte of a large object.
_ANSWER_S = 300.0


class DirectDelivery:
    """One file. :meth:`run` returns False when the hub wants it by tus, True when the hub has it.

    Raises DirectUploadFailed when the hub has offered it and it came to nothing, whoever is to blame.
    """

    def __init__(
        self, connection: Connection, path: Path, metadata: UploadMetadata, *,
        progress: Progress | None = None, stop: Stop | None = None, throttle: Throttle | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._connection = connection
        self._path = path
        self._metadata = metadata
        self._progress = progress or (lambda _sent, _length: None)
        self._stop = stop or threading.Event()
        self._throttle = throttle or unthrottled
        self._transport = transport
        self._length = 0

    def run(self) -> bool:
        with opened(self._path) as (file, self._length):
            offered = self._ask()
            if offered is None:
                return False
            try:
                self._put(file, offered)
                self._connection.request("POST", f"{DIRECT_PATH}/{offered.upload_id}/complete", timeout_s=_ANSWER_S)
            except (UploadStopped, FileChanged, Unauthenticated):
                raise
            except Problem as problem:
                raise DirectUploadFailed(reason=problem.sentence) from problem
        return True

    def _ask(self) -> DirectUpload | None:
        metadata = self._metadata
        assert metadata.robot_id is not None
        asked = DirectUploadRequest(
            session_id=metadata.session_id, sha256=metadata.sha256, robot_id=metadata.robot_id, size_bytes=self._length
        )
        response = self._connection.request("POST", DIRECT_PATH, message=asked)
        return self._connection.read(DirectUploadOffer, response).upload

    def _put(self, file: BinaryIO, offered: DirectUpload) -> None:
        # A client of its own: the hub's credential is nothing the store may see. Stores want the length beforehand.
        headers = {**offered.headers, "Content-Length": str(self._length)}
        timeout = httpx2.Timeout(_ANSWER_S, connect=CONNECT_S)
        try:
            with httpx2.Client(timeout=timeout, transport=self._transport) as client:
                response = client.put(offered.url, content=self._pieces(file), headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeEncodeError) as error:
            raise StoreFailed(reason=str(error) or type(error).__name__) from error
        if response.status_code >= 300:
            raise StoreFailed(reason=f"it answered {response.status_code}")

    def _pieces(self, file: BinaryIO) -> Iterator[bytes]:
        sent = 0
        while sent < self._length:
            if self._stop.is_set():
                raise UploadStopped(offset=sent, length=self._length)
            piece = file.read(min(PIECE_BYTES, self._length - sent))
            if not piece:
                raise FileChanged(path=self._path)
            self._throttle(len(piece))
            yield piece
            sent += len(piece)
            self._progress(sent, self._length)
