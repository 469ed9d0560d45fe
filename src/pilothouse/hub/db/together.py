"""What many write at the same moment is written in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

# Others that write wait for it.
MOST_AT_ONCE = 500

Entry = TypeVar("Entry")


class Together(Generic[Entry]):
    """Writes at once what comes alone, and what comes meanwhile all at once when that is done: nobody waits for a time
    to pass, and nobody is answered before it is committed."""

    def __init__(self, write: Callable[[Sequence[Entry]], Awaitable[None]]) -> None:
        self._write = write
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def add(self, entry: Entry) -> None:
        """Returns once the entry is written, with those that came meanwhile; raises what writing them raised."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, written))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all(), name="write together")
        await written

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
                await self._write_group(group)
        finally:
            self._writer = None

    async def _write_group(self, group: Sequence[tuple[Entry, asyncio.Future[None]]]) -> None:
        failed: Exception | None = None
        try:
            await self._write([entry for entry, _ in group])
        except Exception as error:  # noqa: BLE001 - raised by each of those who wait
            failed = error
        except BaseException:
            for _, written in (*group, *self._waiting):
                written.cancel()
            raise
        for _, written in group:
            if written.done():  # whoever waited has left
                continue
            if failed is None:
                written.set_result(None)
            else:
                written.set_exception(failed)
