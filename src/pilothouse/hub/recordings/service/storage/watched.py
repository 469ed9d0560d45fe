"""Reading what came from outside: how much memory it may take, and how it is stopped. A thread cannot be cancelled, but
it asks for bytes again and again."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO, cast

# A chunk has a megabyte by default, and one message of it may be a large cloud of points. What claims more is refused
# before memory is taken: a few kilobytes can claim a gigabyte.
CHUNK_LIMIT_BYTES = 64 << 20


def watched(file: BinaryIO, check: Callable[[], None]) -> BinaryIO:
    """The same file, which stays open when this is closed; before every read ``check`` may raise."""
    return cast("BinaryIO", _Watched(file, check))


class _Watched(io.RawIOBase):
    def __init__(self, file: BinaryIO, check: Callable[[], None]) -> None:
        self._file = file
        self._check = check
        self.name = getattr(file, "name", "")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: Any) -> int | None:
        self._check()
        count: int | None = self._file.readinto(buffer)  # type: ignore[attr-defined]
        return count
