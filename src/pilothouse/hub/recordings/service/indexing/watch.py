"""Keeping the index true to the directory."""

from __future__ import annotations

import asyncio
from time import monotonic

from pilothouse.hub.db import Database
from pilothouse.hub.recordings.domain.watching import Changes, Look, Sighting, changes
from pilothouse.hub.recordings.repository import RecordingRows
from pilothouse.hub.recordings.schemas import Rescanned
from pilothouse.hub.recordings.service.indexing.indexing import Indexing
from pilothouse.hub.recordings.service.ingest.arrivals import Arrivals
from pilothouse.hub.recordings.service.ingest.uploads import Uploads
from pilothouse.hub.recordings.service.retention.retention import Retention
from pilothouse.hub.recordings.service.storage.store import SessionStore
from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.errors import Unavailable
from pilothouse.kit.logs import get_logger

log = get_logger(__name__)

# However large the directory, looking at it takes at most this share of one core.
_SHARE = 0.1
_TIDY_EVERY_S = 60.0
# Two looks of one rescan are this far apart if a file was written just now: a copy in progress grows meanwhile.
_SETTLE_S = 0.25
_JUST_NOW_NS = 2 * NS_PER_S
# A rescan answers after this long even if files are left; the jobs go on with them.
_INDEX_WITHIN_S = 10.0


class Watch:
    """Looks at the directory every second, compares, and writes down what changed."""

    def __init__(
        self,
        database: Database,
        files: SessionStore,
        arrivals: Arrivals,
        indexing: Indexing,
        retention: Retention,
        uploads: Uploads,
        clock: Clock,
    ) -> None:
        self._database = database
        self._files = files
        self._arrivals = arrivals
        self._indexing = indexing
        self._retention = retention
        self._uploads = uploads
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._before: Look = {}
        self._known: dict[str, Sighting] | None = None
        self._tidy_at = 0.0

    async def look(self) -> Changes:
        """One look; what stands still since the look before is indexed."""
        async with self._one_at_a_time:
            # What is known comes first: what is delivered meanwhile would otherwise be missed by the look, and deleted.
            known = await self._known_files()
            now = await self._files.look()
            found = changes(known, now if self._files.is_atomic else self._before, now)
            self._before = now
            if found:
                await self._apply(found)
            return found

    async def rescan(self) -> Rescanned:
        """Compare the whole directory with the index, read what is new, and try damaged files once more."""
        async with self._one_at_a_time:
            self._known = None
            known = await self._known_files()
            before = await self._files.look()
            grows = not self._files.is_atomic and _may_still_grow(changes(known, before, before), self._clock.now_ns())
            if grows:
                await asyncio.sleep(_SETTLE_S)
            self._before = before if self._files.is_atomic else await self._files.look()
            found = changes(known, before, self._before)
            added, updated = await self._apply(found)
            async with self._database.transaction() as session:
                await RecordingRows(session).read_damaged_again()
        await self._index_for_a_while()
        return await self._summed_up(added, updated, found)

    async def run(self) -> None:
        """Look until cancelled. What goes wrong is logged once, and so is its end."""
        is_failing = False
        while True:
            started = monotonic()
            try:
                await self._go_round()
                if is_failing:
                    log.info("the sessions directory is watched again")
                is_failing = False
            except (OSError, Unavailable) as error:
                if not is_failing:
                    log.error("the sessions directory cannot be watched", reason=str(error))
                is_failing = True
            await asyncio.sleep(max(self._files.look_every_s, (monotonic() - started) / _SHARE))

    async def _go_round(self) -> None:
        found = await self.look()
        is_time = monotonic() >= self._tidy_at
        if is_time:
            self._tidy_at = monotonic() + _TIDY_EVERY_S
            await self._uploads.tidy()
        if self._retention.is_capped and (found or is_time):
            await self._retention.sweep()

    async def _known_files(self) -> dict[str, Sighting]:
        if self._known is None:
            async with self._database.reading() as session:
                self._known = await RecordingRows(session).sightings()
        return self._known

    async def _apply(self, found: Changes) -> tuple[int, int]:
        settled = {**found.added, **found.updated}
        async with self._database.transaction() as session:
            counts = await self._arrivals.found(session, settled)
            await self._arrivals.gone(session, found.vanished, why="vanished")
        known = await self._known_files()
        known.update(settled)
        for name in found.vanished:
            known.pop(name, None)
        return counts

    async def _index_for_a_while(self) -> None:
        async with self._database.reading() as session:
            waiting = await RecordingRows(session).waiting()
        deadline = monotonic() + _INDEX_WITHIN_S
        for session_id in waiting:
            if monotonic() > deadline:
                return
            await self._indexing.index(session_id)

    async def _summed_up(self, added: int, updated: int, found: Changes) -> Rescanned:
        async with self._database.reading() as session:
            rows = RecordingRows(session)
            return Rescanned(
                added=added,
                updated=updated,
                removed=len(found.vanished),
                damaged=await rows.damaged_count(),
                waiting=len(found.waiting) + len(await rows.waiting()),
                session_count=await rows.count(),
            )


def _may_still_grow(found: Changes, now_ns: int) -> bool:
    differing = (*found.added.values(), *found.updated.values())
    return any(seen.mtime_ns > now_ns - _JUST_NOW_NS for seen in differing)
