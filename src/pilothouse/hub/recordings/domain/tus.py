"""The tus 1.0 protocol as values: headers in, decisions out. Sockets, files and rows are elsewhere.

Extensions: creation, termination, checksum, expiration. https://tus.io/protocols/resumable-upload
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from pydantic import ValidationError

from pilothouse.hub.recordings.domain.problems import (
    BadUpload,
    BytesBeyondLength,
    ChunkChecksumMismatch,
    NotAnOffsetStream,
    OffsetMismatch,
    UnsupportedTusVersion,
    UploadTooLarge,
)
from pilothouse.wire import UploadMetadata
from pilothouse.wire.upload import TUS_VERSION

EXTENSIONS = ("creation", "termination", "checksum", "expiration")
CONTENT_TYPE = "application/offset+octet-stream"
# A terabyte: far above any capture, far below what would overflow a file system or an integer.
LONGEST_UPLOAD_BYTES = 1 << 40

_ALGORITHMS: dict[str, Callable[[], Any]] = {
    "sha256": hashlib.sha256,
    # Against line noise only, never as proof of content; what the common clients send.
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "md5": lambda: hashlib.md5(usedforsecurity=False),
}

Headers = Mapping[str, str]


def check_version(headers: Headers) -> None:
    """Raise unless the client speaks our version."""
    if headers.get("tus-resumable") != TUS_VERSION:
        raise UnsupportedTusVersion


def abilities() -> dict[str, str]:
    """The headers that answer OPTIONS."""
    return {
        "Tus-Version": TUS_VERSION,
        "Tus-Extension": ",".join(EXTENSIONS),
        "Tus-Max-Size": str(LONGEST_UPLOAD_BYTES),
        "Tus-Checksum-Algorithm": ",".join(_ALGORITHMS),
    }


@dataclass(frozen=True, slots=True)
class Announced:
    """What a client says before the bytes: whose recording, how long, with which digest."""

    metadata: UploadMetadata
    length: int


def announced(headers: Headers) -> Announced:
    """Read a creation request."""
    check_version(headers)
    if "upload-defer-length" in headers:
        raise BadUpload(problem="Upload-Length must be known at creation; Upload-Defer-Length is not supported")
    length = _number(headers, "upload-length", longest=30)
    if length > LONGEST_UPLOAD_BYTES:
        raise UploadTooLarge(limit=LONGEST_UPLOAD_BYTES)
    return Announced(_metadata(headers.get("upload-metadata", "")), length)


def _metadata(header: str) -> UploadMetadata:
    try:
        return UploadMetadata.from_header(header)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadUpload(problem=f"Upload-Metadata: {key}: {first['msg']}") from None
    except ValueError as error:
        raise BadUpload(problem=str(error)) from None


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a PATCH announces; :meth:`receive` gives the account of its bytes."""

    offset: int
    content_length: int | None = None
    algorithm: str | None = None
    digest: bytes = b""

    def receive(self, *, stands_at: int, length: int) -> Receiving:
        """Begin to receive onto an upload that stands at a byte of its length."""
        if self.offset != stands_at:
            raise OffsetMismatch(offset=stands_at)
        if self.content_length is not None and self.offset + self.content_length > length:
            raise BytesBeyondLength(length=length)
        return Receiving(self, length)


def chunk(headers: Headers) -> Chunk:
    """Read the headers of a PATCH."""
    check_version(headers)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise NotAnOffsetStream
    content_length = _number(headers, "content-length") if "content-length" in headers else None
    algorithm, digest = _checksum(headers.get("upload-checksum"))
    return Chunk(_number(headers, "upload-offset"), content_length, algorithm, digest)


def _checksum(header: str | None) -> tuple[str | None, bytes]:
    if header is None:
        return None, b""
    algorithm, _, encoded = header.strip().partition(" ")
    if algorithm not in _ALGORITHMS:
        raise BadUpload(problem=f"Upload-Checksum: use one of {', '.join(_ALGORITHMS)}")
    try:
        return algorithm, base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadUpload(problem="Upload-Checksum: the digest is not base64") from None


class Receiving:
    """Keeps account of the bytes of one PATCH."""

    def __init__(self, chunk: Chunk, length: int) -> None:
        self._length = length
        self._digest = chunk.digest
        self._hash = _ALGORITHMS[chunk.algorithm]() if chunk.algorithm else None
        self.offset = chunk.offset

    @property
    def has_checksum(self) -> bool:
        """Whether a part of the bytes is worth nothing: only all of them can be checked."""
        return self._hash is not None

    def take(self, piece: bytes) -> None:
        """Account for the next bytes; raises BytesBeyondLength before they are written."""
        if self.offset + len(piece) > self._length:
            raise BytesBeyondLength(length=self._length)
        self.offset += len(piece)
        if self._hash is not None:
            self._hash.update(piece)

    def check(self) -> None:
        """Raise ChunkChecksumMismatch if all bytes are there and are not what the client sent."""
        if self._hash is not None and self._hash.digest() != self._digest:
            raise ChunkChecksumMismatch


def expires(moment: datetime) -> str:
    """A time as ``Upload-Expires`` wants it."""
    return format_datetime(moment, usegmt=True)


def _number(headers: Headers, name: str, *, longest: int = 18) -> int:
    text = headers.get(name, "").strip()
    if not re.fullmatch(rf"[0-9]{{1,{longest}}}", text):
        raise BadUpload(problem=f"{name.title()} must be a whole number of bytes, not negative")
    return int(text)
