"""Where the bytes come from: a local file now, any store that reads by offset."""

from __future__ import annotations

import errno
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from stat import S_ISREG
from typing import Protocol

import anyio.to_thread

from pilothouse.kit.errors import NotFound, Unavailable


class BytesGone(NotFound):
    """The file behind this address is gone."""


class BytesUnreadable(Unavailable):
    """The file behind this address cannot be read at the moment: {reason}."""


class ByteSource(Protocol):
    """An opened, unchanging sequence of bytes."""

    @property
    def size(self) -> int: ...

    @property
    def etag(self) -> str:
        """A strong entity tag with its quotes."""
        ...

    @property
    def modified_s(self) -> float | None:
        """Unix seconds of the last change, when known."""
        ...

    def read_now(self, offset: int, length: int) -> bytes | bytearray | None:
        """What is at hand without waiting, possibly less than asked for; None when nothing is."""
        ...

    async def read(self, offset: int, length: int) -> bytes:
        """Up to ``length`` bytes; fewer at the end, none beyond it."""
        ...

    def close(self) -> None: ...


OpenSource = Callable[[], Awaitable[ByteSource]]


class _Cached:
    """Reads from the page cache: a byte at hand costs no thread. Linux only, and not on every file system."""

    supported = hasattr(os, "RWF_NOWAIT")


class LocalFile:
    """A file of this machine. It is opened once: replacing it changes nothing for whoever reads."""

    __slots__ = ("_descriptor", "etag", "modified_s", "size")

    def __init__(self, path: str | Path) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            raise BytesGone from None
        except OSError as error:
            raise BytesUnreadable(reason=error.strerror or type(error).__name__) from None
        facts = os.fstat(self._descriptor)
        if not S_ISREG(facts.st_mode):
            self.close()
            raise BytesGone
        self.size = facts.st_size
        self.modified_s: float | None = facts.st_mtime
        self.etag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}-{facts.st_ino:x}"'

    def read_now(self, offset: int, length: int) -> bytes | bytearray | None:
        if not _Cached.supported:
            return None
        content = bytearray(length)
        try:
            count = os.preadv(self._descriptor, [content], offset, os.RWF_NOWAIT)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                _Cached.supported = False
                return None
            raise
        if count < length:
            del content[count:]
        return content

    async def read(self, offset: int, length: int) -> bytes:
        return await anyio.to_thread.run_sync(os.pread, self._descriptor, length, offset)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def local_file(path: str | Path) -> OpenSource:
    """Open a local file when the answer begins. Opening is not worth a thread; reading may be."""

    async def open_now() -> ByteSource:
        return LocalFile(path)

    return open_now
