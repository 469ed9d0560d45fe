"""Answers made block by block in a thread, at the client's pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator


async def streamed(blocks: Iterator[bytes], on_end: Callable[[], None] | None = None) -> AsyncIterator[bytes]:
    """One block is in memory at a time; ``on_end`` is called when the last is sent or the client has left."""
    try:
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            yield block
    finally:
        if on_end is not None:
            on_end()
