"""Keeping recordings within the disk cap."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from pilothouse.hub.db import Database
from pilothouse.hub.recordings.domain.retention import Kept, Limits, cap_bytes, leaving
from pilothouse.hub.recordings.domain.watching import Sighting
from pilothouse.hub.recordings.repository import RecordingRows
from pilothouse.hub.recordings.schemas import SweepItem, SweepPlan, Swept
from pilothouse.hub.recordings.service.catalogue.links import NO_LINKS, IncidentLinks
from pilothouse.hub.recordings.service.ingest.arrivals import Arrivals
from pilothouse.hub.recordings.service.storage.store import SessionStore
from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.kit.logs import get_logger

log = get_logger(__name__)

NS_PER_DAY = 86_400 * NS_PER_S
MOST_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """The settings; 0 does not limit."""

    cap_mb: int = 0
    robot_cap_mb: int = 0
    keep_days: float = 0.0


class Retention:
    """Deletes the file first and the row after it: a crash in between leaves a row whose file is gone, which the
    next look at the directory removes. The other way round the deleted file would come back as a new one."""

    def __init__(
        self, database: Database, files: SessionStore, arrivals: Arrivals, clock: Clock, *, limits: RetentionLimits,
        links: IncidentLinks = NO_LINKS,
    ) -> None:  # fmt: skip
        self._database = database
        self._files = files
        self._arrivals = arrivals
        self._clock = clock
        self._cap = cap_bytes(limits.cap_mb)
        self._robot_cap = cap_bytes(limits.robot_cap_mb)
        self._keep_ns = round(limits.keep_days * NS_PER_DAY)
        self._links = links
        self._one_at_a_time = asyncio.Lock()

    @property
    def is_capped(self) -> bool:
        return bool(self._limits())

    def _limits(self) -> Limits:
        since_ns = self._clock.now_ns() - self._keep_ns if self._keep_ns else None
        return Limits(self._cap, self._robot_cap, since_ns)

    async def sweep(self) -> Swept:
        """Delete what exceeds the limits, oldest first."""
        async with self._one_at_a_time:
            deleted = await self._delete() if self.is_capped else []
            async with self._database.reading() as session:
                used, _ = await RecordingRows(session).disk_use()
        freed = sum(one.size_bytes for one in deleted)
        ids = [one.session_id for one in deleted]
        return Swept(deleted_ids=ids, bytes_freed=freed, bytes_after=used, cap_bytes=self._cap)

    async def preview(self) -> SweepPlan:
        """What a sweep would delete now."""
        chosen = [kept for kept, _, _ in await self._chosen()] if self.is_capped else []
        async with self._database.reading() as session:
            used, _ = await RecordingRows(session).disk_use()
        freed = sum(one.size_bytes for one in chosen)
        items = [_item(one) for one in chosen[:MOST_SHOWN]]
        return SweepPlan(
            items=items, total=len(chosen), bytes_freed=freed, bytes_after=used - freed, cap_bytes=self._cap
        )

    async def _chosen(self) -> list[tuple[Kept, str, Sighting]]:
        """What exceeds the limits, each with its file and how that was last seen."""
        limits = self._limits()
        async with self._database.reading() as session:
            if self._robot_cap == 0 and limits.keep_since_ns is None:
                used, _ = await RecordingRows(session).disk_use()
                if used <= self._cap:
                    return []
            unresolved = await self._links.unresolved(session)
            rows = await RecordingRows(session).kept()
        found = {
            kept.session_id: (replace(kept, unresolved=kept.session_id in unresolved), name, seen)
            for kept, name, seen in rows
        }
        chosen = [found[one.session_id] for one in leaving((kept for kept, _, _ in found.values()), limits)]
        async with self._database.reading() as session:
            may_go = await RecordingRows(session).unpinned([kept.session_id for kept, _, _ in chosen])
        return [one for one in chosen if one[0].session_id in may_go]

    async def _delete(self) -> list[Kept]:
        chosen = await self._chosen()
        if not chosen:
            return []
        were_meant = await self._files.remove([(name, seen) for _, name, seen in chosen])
        removed = [(kept, name) for (kept, name, _), was_meant in zip(chosen, were_meant, strict=True) if was_meant]
        async with self._database.transaction() as session:
            await self._arrivals.gone(session, [name for _, name in removed], why="retention")
        log.info("retention deleted recordings", count=len(removed), bytes=sum(kept.size_bytes for kept, _ in removed))
        return [kept for kept, _ in removed]


def _item(kept: Kept) -> SweepItem:
    return SweepItem(
        session_id=kept.session_id,
        robot_id=kept.robot_id,
        size_bytes=kept.size_bytes,
        recorded_at=at(kept.recorded_ns),
    )
