"""What is stored and belongs to nothing: a request that was rolled back, a worker that died between bytes and row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.lab.repository import ArtifactRows, OutputRows, SessionRows
from pilothouse.hub.storage import Storage
from pilothouse.kit.clock import Clock, at

PATCHES, ARTIFACTS, OUTPUT, FILES = "lab/patches/", "lab/artifacts/", "lab/output/", "lab/files/"
# Far longer than any transaction or upload takes.
OLD = timedelta(days=1)
_AT_ONCE = 200
Known = Callable[[AsyncSession, Collection[str]], Awaitable[Collection[str]]]


def patch_key(session_id: str) -> str:
    """Where the patch of a session is kept; it goes when the session goes."""
    return f"{PATCHES}{session_id}"


class Leftovers:
    """Finds them and deletes them."""

    def __init__(self, database: Database, storage: Storage, clock: Clock) -> None:
        self._database = database
        self._storage = storage
        self._clock = clock

    async def sweep(self) -> int:
        """Delete what is old and what no row knows of; how much that was."""
        return (
            await self._sweep(PATCHES, _last, lambda session, found: SessionRows(session).known(found))
            + await self._sweep(ARTIFACTS, _last, lambda session, found: ArtifactRows(session).known(found))
            + await self._sweep(OUTPUT, _whole, _known_pieces)
            + await self._sweep(FILES, _whole, _nothing)
        )

    async def _sweep(self, prefix: str, name_of: Callable[[str], str], known: Known) -> int:
        gone = 0
        async for keys in self._old(prefix):
            names = {key: name_of(key) for key in keys}
            async with self._database.reading() as session:
                there = set(await known(session, list(names.values())))
            for key in [key for key, name in names.items() if name not in there]:
                await self._storage.delete(key)
                gone += 1
        return gone

    async def _old(self, prefix: str) -> AsyncIterator[list[str]]:
        before = at(self._clock.now_ns()) - OLD
        found: list[str] = []
        async for one in self._storage.list(prefix.rstrip("/")):
            if one.last_modified < before:
                found.append(one.key)
            if len(found) == _AT_ONCE:
                yield found
                found = []
        if found:
            yield found


def _last(key: str) -> str:
    return key.rpartition("/")[2]


def _whole(key: str) -> str:
    return key


async def _known_pieces(session: AsyncSession, keys: Collection[str]) -> Collection[str]:
    commands = {key.removeprefix(OUTPUT).partition("/")[0] for key in keys}
    return await OutputRows(session).keys(commands)


async def _nothing(session: AsyncSession, keys: Collection[str]) -> Collection[str]:
    """Files on their way between a hub and a worker: minutes later nobody waits for them."""
    return ()
