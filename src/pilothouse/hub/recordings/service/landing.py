"""Bytes on their way from a request to the disk, in pieces worth a thread's while."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterator
from contextlib import contextmanager

from pilothouse.hub.recordings.domain.problems import StorageFull
from pilothouse.hub.recordings.service.partial import Partial

# Large enough that handing it to a thread costs nothing beside writing it, small enough for many uploads at once.
_BUFFER_BYTES = 1 << 20
# What a killed hub may make a robot send again when it sends a whole file in one request.
_CHECKPOINT_BYTES = 64 << 20

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


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
            await asyncio.to_thread(self._partial.sync)
            self._safe = self._written
        return self._safe

    async def _write(self) -> None:
        full, self._buffer = self._buffer, bytearray()
        await asyncio.to_thread(self._partial.write, self._written, full)
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
