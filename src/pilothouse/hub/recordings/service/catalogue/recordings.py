"""Reading recordings: lists, one, its file, and what all of them take."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.fleet import Robots
from pilothouse.hub.recordings.domain.naming import is_safe_id
from pilothouse.hub.recordings.domain.ordering import Ordering, SortKey
from pilothouse.hub.recordings.domain.problems import RecordingFileMissing, RecordingNotArrived, UnknownRecording
from pilothouse.hub.recordings.domain.retention import used_mb
from pilothouse.hub.recordings.domain.watching import Sighting
from pilothouse.hub.recordings.models import RecordingRow
from pilothouse.hub.recordings.repository import ANY, FacetRows, Listed, RecordingRows, Selection, Sought
from pilothouse.hub.recordings.schemas import DiskUse, Facets, FacetValue
from pilothouse.hub.recordings.service.catalogue.links import NO_LINKS, IncidentLinks
from pilothouse.hub.recordings.service.storage.store import SessionStore
from pilothouse.kit.clock import NS_PER_S, at
from pilothouse.web.ranges import OpenSource
from pilothouse.wire import PreviewSeries, Recording, RecordingList, RecordingState, TopicSummary, TriggerFired

NEWEST_FIRST = Ordering()


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of one recording, wherever they are."""

    files: SessionStore
    name: str
    session_id: str
    seen: Sighting

    @property
    def version(self) -> str:
        """Another one for other bytes."""
        return f"{self.name}:{self.seen.size_bytes}:{self.seen.mtime_ns}"

    @property
    def source(self) -> OpenSource:
        """For an answer to a request."""
        return self.files.source(self.name)

    async def address(self) -> str | None:
        """Where they can be fetched for a while without the hub, if they can."""
        return await self.files.address(self.name, f"{self.session_id}.mcap")

    def path_for_proxy(self) -> str | None:
        """Where a proxy on this machine finds the file below the directory of recordings, percent-encoded."""
        return quote(os.fsencode(self.name)) if self.files.is_local else None

    def open(self) -> BinaryIO:
        """To read and seek in, by a thread; raises FileNotFoundError."""
        return self.files.open(self.name)


class Recordings:
    """Everything recorded that a caller may see; ``only_robot`` narrows that to one robot."""

    def __init__(
        self, files: SessionStore, *, cap_mb: int, robots: Robots | None = None, links: IncidentLinks = NO_LINKS
    ) -> None:
        self._files = files
        self._cap_mb = cap_mb
        self._robots = robots
        self._links = links

    async def at_site(self, session: AsyncSession, site: str) -> Collection[str]:
        """The robots of a site."""
        assert self._robots is not None
        return await self._robots.at_site(session, site)

    async def linked_to(self, session: AsyncSession, incident_id: str) -> Collection[str]:
        """Recordings that people or rules have put to an incident."""
        return await self._links.recordings_of(session, incident_id)

    async def page(
        self,
        session: AsyncSession,
        *,
        robot_id: str | None = None,
        only_robot: str | None,
        limit: int,
        offset: int = 0,
        sought: Sought = ANY,
        ordering: Ordering = NEWEST_FIRST,
        cursor: str | None = None,
    ) -> RecordingList:
        """What is sought, with every robot that has recordings whatever the filter says; raises BadCursor."""
        after = None if cursor is None else ordering.place(cursor)
        rows = RecordingRows(session)
        robots = await rows.robots()
        if only_robot is not None:
            robots = [robot for robot in robots if robot == only_robot]
        empty = RecordingList(sessions=[], robots=robots, total=0, limit=limit, offset=offset)
        if (robot_id is not None and robot_id not in robots) or (only_robot is not None and not robots):
            return empty
        sought = replace(sought, robot_id=robot_id if robot_id is not None else only_robot)
        begin = 0 if cursor else offset
        page = await rows.page(sought, ordering, after=after, limit=limit + 1, offset=begin)
        # Counting costs as much as finding: on the last page it is known without.
        is_end = cursor is None and 0 < len(page) <= limit
        total = begin + len(page) if is_end else await rows.count(sought)
        following = _cursor(ordering, page[limit - 1].row) if len(page) > limit else None
        sessions = [as_recording(listed) for listed in page[:limit]]
        return empty.model_copy(update={"sessions": sessions, "total": total, "next_cursor": following})

    async def facets(self, session: AsyncSession, sought: Sought, *, only_robot: str | None) -> Facets:
        """What the recordings that are sought could be narrowed to, each with how many that would leave."""
        if only_robot is not None:
            if sought.robot_id not in (None, only_robot):
                return Facets()
            sought = replace(sought, robot_id=only_robot)
        counts = await FacetRows(session).counts(sought)
        return Facets(**{name: [FacetValue(value=value, count=count) for value, count in found]
                         for name, found in counts.items()})  # fmt: skip

    async def choose(self, session: AsyncSession, wanted: Selection, *, limit: int) -> list[str]:
        """Ids of the readable recordings that are meant, oldest first; what is not there is left out."""
        return await RecordingRows(session).choose(wanted, limit=limit)

    async def get(self, session: AsyncSession, session_id: str, *, only_robot: str | None) -> Recording:
        rows = RecordingRows(session)
        row = await rows.get(session_id, whole=True) if is_safe_id(session_id) else None
        if row is None or only_robot not in (None, row.robot_id):
            raise UnknownRecording
        counts = await rows.annotation_counts([session_id])
        return as_recording(Listed(row, counts.get(session_id, 0)), channels=_channels(row), preview=_preview(row))

    async def content_of(self, session: AsyncSession, session_id: str, *, only_robot: str | None) -> Content:
        """The bytes, damaged or not: they are evidence either way. Raises UnknownRecording,
        RecordingNotArrived, RecordingFileMissing."""
        located = await RecordingRows(session).locate(session_id) if is_safe_id(session_id) else None
        if located is None or only_robot not in (None, located.robot_id):
            raise UnknownRecording
        seen = await self._files.sighting(located.file_name)
        if seen is None:
            raise RecordingNotArrived if located.is_announced else RecordingFileMissing
        return Content(self._files, located.file_name, session_id, seen)

    async def disk_use(self, session: AsyncSession) -> DiskUse:
        used, count = await RecordingRows(session).disk_use()
        return DiskUse(
            used_bytes=used,
            used_mb=used_mb(used),
            cap_mb=self._cap_mb,
            cap_enabled=self._cap_mb > 0,
            session_count=count,
        )


async def count_by_robot(session: AsyncSession, robot_ids: Collection[str]) -> dict[str, int]:
    """How many recordings each of these robots has; those without any are left out."""
    return await RecordingRows(session).count_by_robot(robot_ids)


def as_recording(
    listed: Listed, *, channels: Sequence[TopicSummary] = (), preview: list[PreviewSeries] | None = None
) -> Recording:
    """A row as everybody sees it."""
    row = listed.row
    return Recording(
        session_id=row.session_id,
        robot_id=row.robot_id,
        label=row.label,
        started_at=None if row.started_ns is None else at(row.started_ns),
        ended_at=None if row.ended_ns is None else at(row.ended_ns),
        duration_s=_duration_s(row),
        topics=row.topics,
        size_bytes=row.size_bytes,
        state=row.state,
        message_count=row.message_count,
        annotation_count=listed.annotation_count,
        damage=row.damage if row.state == RecordingState.DAMAGED else None,
        trigger=None if row.trigger is None else TriggerFired.model_construct(**row.trigger),
        incident_id=row.incident_id,
        reason=row.reason,
        sha256=row.sha256,
        channels=list(channels),
        drops=row.drops,
        announced_at=row.announced_at,
        indexed_at=row.indexed_at,
        pinned_at=row.pinned_at,
        pinned_by=row.pinned_by,
        pin_reason=row.pin_reason,
        preview=preview,
    )


def _channels(row: RecordingRow) -> list[TopicSummary]:
    return [TopicSummary.model_construct(**channel) for channel in row.channels]


def _cursor(ordering: Ordering, row: RecordingRow) -> str:
    values = {SortKey.RECORDED: row.recorded_ns, SortKey.SIZE: row.size_bytes, SortKey.DURATION: row.duration_ns}
    return ordering.cursor(values[ordering.key], row.id)


def _preview(row: RecordingRow) -> list[PreviewSeries] | None:
    return None if row.preview is None else [PreviewSeries.model_construct(**series) for series in row.preview]


def _duration_s(row: RecordingRow) -> float:
    return 0.0 if row.started_ns is None or row.ended_ns is None else (row.ended_ns - row.started_ns) / NS_PER_S
