"""Files become rows: the same way whether they were delivered, dropped into the directory or found at a start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.jobs import Jobs
from pilothouse.hub.recordings.domain.naming import robot_id_of, session_id_of, stamped_ns
from pilothouse.hub.recordings.domain.watching import Sighting
from pilothouse.hub.recordings.models import UploadRow
from pilothouse.hub.recordings.repository import DeletedRows, RecordingRows
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.logs import get_logger
from pilothouse.wire import RecordingState

INDEX_JOB = "recordings.index"

log = get_logger(__name__)


class Arrivals:
    """Rows appear, begin again and disappear with their files, in the transaction of the caller."""

    def __init__(self, events: Events, jobs: Jobs, clock: Clock) -> None:
        self._events = events
        self._jobs = jobs
        self._clock = clock

    async def delivered(self, session: AsyncSession, upload: UploadRow, name: str, seen: Sighting) -> None:
        """The file of an upload has its final name."""
        rows = RecordingRows(session)
        origin = {"delivered_by": upload.delivered_by, "announced_robot_id": upload.robot_id, "sha256": upload.sha256}
        if upload.delivered_by is not None:
            origin["robot_id"] = upload.delivered_by
        await rows.arrive({name: seen})
        added = await rows.add_new([{**self._new_row(name, seen, upload.robot_id), **origin}])
        if not added:
            await rows.deliver(upload.session_id, **origin)
        await DeletedRows(session).forget([upload.session_id])
        self._hint(session, upload.session_id)

    async def found(self, session: AsyncSession, files: Mapping[str, Sighting]) -> tuple[int, int]:
        """Files stand in the directory; answers how many are new and how many are another version than is known."""
        rows = RecordingRows(session)
        known = await rows.sightings(files.keys())
        buried = await DeletedRows(session).buried({name: seen for name, seen in files.items() if name not in known})
        files = {name: seen for name, seen in files.items() if name not in buried}
        fresh = {name: seen for name, seen in files.items() if name not in known}
        other = {name: seen for name, seen in files.items() if name in known and known[name] != seen}
        arrived = await rows.arrive(fresh)
        added = [*arrived, *await rows.add_new([self._new_row(name, seen) for name, seen in fresh.items()])]
        await DeletedRows(session).forget(added)
        if len(added) < len(fresh):
            taken = sorted(name for name in fresh if session_id_of(name) not in added)
            log.warning("files whose id belongs to another file are left out", files=taken[:10], count=len(taken))
        again = await rows.begin_again(other)
        for session_id in (*added, *again):
            self._hint(session, session_id)
        return len(added), len(again)

    async def gone(self, session: AsyncSession, names: frozenset[str] | list[str], *, why: str) -> list[str]:
        """Files are no longer there; their rows go. What people wrote stays, and is found if a file comes back.

        A pinned recording stays, to say that its file is missing: a disk that was not mounted must cost nobody a pin.
        """
        removed = await RecordingRows(session).remove_files(names)
        now = at(self._clock.now_ns())
        gone = [
            {"session_id": session_id, "robot_id": robot_id, "why": why, "deleted_at": now}
            for session_id, robot_id in sorted(removed)
        ]
        await DeletedRows(session).add(gone)
        for session_id, robot_id in sorted(removed):
            facts = {"session_id": session_id, "robot_id": robot_id, "why": why}
            self._events.append(session, HUB_STREAM, "recording.deleted", session_id, facts)
            record(session, "recording.deleted", session_id, before={"robot_id": robot_id}, after={"why": why})
        return sorted(session_id for session_id, _ in removed)

    def _hint(self, session: AsyncSession, session_id: str) -> None:
        self._jobs.hint(session, INDEX_JOB, session_id)

    def _new_row(self, name: str, seen: Sighting, announced: str | None = None) -> dict[str, Any]:
        session_id = session_id_of(name)
        return {
            "session_id": session_id,
            "file_name": name,
            "size_bytes": seen.size_bytes,
            "mtime_ns": seen.mtime_ns,
            "state": RecordingState.INDEXING,
            "robot_id": robot_id_of(session_id, {}, announced),
            "announced_robot_id": announced,
            "delivered_by": None,
            "sha256": None,
            "label": "",
            "drops": {},
            "channels": [],
            "topics": [],
            "duration_ns": 0,
            "message_count": 0,
            "recorded_ns": recorded_ns(session_id, seen, None),
            "added_at": at(self._clock.now_ns()),
        }


def recorded_ns(session_id: str, seen: Sighting, ended_ns: int | None) -> int:
    """When a recording was made, for the order of lists and of retention."""
    return next(ns for ns in (ended_ns, stamped_ns(session_id), max(seen.mtime_ns, 0)) if ns is not None)
