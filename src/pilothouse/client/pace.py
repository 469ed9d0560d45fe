"""How fast and in what portions a file is sent, and who may stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Progress = Callable[[int, int], None]
"""Called with the bytes the other side has, and all there are."""

Throttle = Callable[[int], None]
"""Called before so many bytes are sent; returns when they may be."""

# So that a request to stop is heard within a chunk, on a slow link too.
PIECE_BYTES = 64 << 10
# Below this a chunk's own round trip costs more than the chunk.
SMALLEST_CHUNK_BYTES = 64 << 10


class Stop(Protocol):
    """Says that sending is to end; `threading.Event` is one."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


def unthrottled(_count: int) -> None:
    """As fast as it goes."""


class Pace:
    """How large a chunk may be: halved by a cut, doubled by success. Kept between uploads of one client."""

    def __init__(self, largest: int) -> None:
        self._largest = max(largest, 1)
        self.chunk_bytes = self._largest

    def cut(self) -> None:
        self.chunk_bytes = max(min(SMALLEST_CHUNK_BYTES, self._largest), self.chunk_bytes // 2)

    def succeeded(self) -> None:
        self.chunk_bytes = min(self._largest, self.chunk_bytes * 2)
