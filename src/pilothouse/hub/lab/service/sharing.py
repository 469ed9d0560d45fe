"""Whether a worker reaches the storage that hubs read: what it writes elsewhere, nobody would ever see."""

from __future__ import annotations

import asyncio
import contextlib

from pilothouse.hub.lab.domain.problems import StoredElsewhere
from pilothouse.hub.storage import Missing, Storage
from pilothouse.kit.errors import Unavailable

# Written by every hub, and by no worker.
MARK = "lab/hubs"
# Both may have been started at the same time, and the hub may have a database to migrate.
PATIENCE_S = 60.0
LOOK_S = 0.5


class Sharing:
    """A mark that hubs leave in their storage."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._shown = asyncio.Event()

    async def show(self) -> None:
        """This process is a hub, and this its storage."""
        self._shown.set()
        await self._storage.put(MARK, b"The hub of this storage runs debug sessions, here or by workers.\n")

    async def seen(self, unless: asyncio.Event) -> None:
        """Until a hub's mark is found, or nobody wants to know any more; raises StoredElsewhere."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while not (unless.is_set() or self._shown.is_set() or await self._is_there()):
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._shown.wait(), LOOK_S)
                return
        raise StoredElsewhere

    async def _is_there(self) -> bool:
        try:
            await self._storage.stat(MARK)
        except (Missing, Unavailable):
            return False
        return True
