"""Bytes on their way from a request to the disk, in pieces worth a thread's while."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from pilothouse.hub.recordings.domain.problems import StorageFull
from pilothouse.hub.recordings.service.storage.partial import Partial

# Large enough that handing it to a thread costs nothing beside writing it, small enough for many uploads at once.
_BUFFER_BYTES = 1 << 20
# What a killed hub may make a robot send again when it sends a whole file in one request.
_CHECKPOINT_BYTES = 64 << 20

Result = TypeVar("Result")

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


async def in_thread(work: Callable[[], Result]) -> Result:
    """Work in a thread to its end, cancelled or not: it uses a file that its caller closes next."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise


class Landing:
    """Collects pieces, writes them in order, and says up to where they are safe."""

    def __init__(self, partial: Partial, offset: int) -> None:
        self._partial = partial
        self._buffer = bytearray()
        self._written = self._safe = offset

    @property
    def wants_checkpoint(self) -> bool:
        """Whether enough is unsafe that it is worth an fsync."""
        return self._written - self._safe >= _CHECKPOINT_BYTES

    async def put(self, piece: bytes) -> None:
        self._buffer += piece
        if len(self._buffer) >= _BUFFER_BYTES:
            await self._write()

    async def settle(self) -> int:
        """Write and fsync all that came; answers the offset up to which everything is safe."""
        if self._buffer:
            await self._write()
        if self._written > self._safe:
            await in_thread(self._partial.sync)
            self._safe = self._written
        return self._safe

    async def _write(self) -> None:
        full, self._buffer = self._buffer, bytearray()
        offset = self._written
        await in_thread(lambda: self._partial.write(offset, full))
        self._written += len(full)


@contextmanager
def no_room() -> Iterator[None]:
    """Say StorageFull when the disk is."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull from error
        raise
