"""What robots tell of recordings before their bytes come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.fleet import Robots
from pilothouse.hub.recordings.domain.contents import LATEST_NS, clean, derived
from pilothouse.hub.recordings.domain.naming import SUFFIX
from pilothouse.hub.recordings.domain.problems import RecordingDeleted
from pilothouse.hub.recordings.domain.watching import Sighting
from pilothouse.hub.recordings.repository import DeletedRows, RecordingRows
from pilothouse.hub.recordings.service.catalogue.recordings import Recordings
from pilothouse.hub.recordings.service.ingest.arrivals import recorded_ns
from pilothouse.hub.recordings.service.ingest.owners import check_owner
from pilothouse.kit.clock import Clock, at, to_ns
from pilothouse.wire import Recording, RecordingAnnouncement, RecordingState

# No robot is away for longer and still tells of a recording from before.
DELETIONS_KEPT = timedelta(days=365)


class Announcements:
    """A row stands for a recording from the moment its robot tells of it; the bytes, when they come, replace what it
    says."""

    def __init__(
        self, database: Database, events: Events, robots: Robots, recordings: Recordings, clock: Clock
    ) -> None:
        self._database = database
        self._events = events
        self._robots = robots
        self._recordings = recordings
        self._clock = clock

    async def take(
        self, session: AsyncSession, announcement: RecordingAnnouncement, *, only_robot: str | None
    ) -> Recording:
        """The recording as it is known now; raises OtherRobot, and RecordingDeleted for one that was here before.

        Twice is once. Of a recording whose bytes are here an announcement changes nothing.
        """
        check_owner(announcement.session_id, only_robot, announcement.robot_id)
        rows, session_id = RecordingRows(session), announcement.session_id
        known = await rows.get(session_id)
        if known is None and await DeletedRows(session).has(session_id):
            raise RecordingDeleted(session_id=session_id)
        told = _told(announcement)
        if known is None and await rows.add_new([{**told, **_new(announcement, at(self._clock.now_ns()))}]):
            self._tell(session, announcement, told)
            await self._robots.seen_in_recording(session, announcement.robot_id)
        elif known is not None and known.state == RecordingState.ANNOUNCED and known.robot_id == told["robot_id"]:
            await rows.deliver(session_id, **told)
        return await self._recordings.get(session, session_id, only_robot=only_robot)

    async def forget_deletions(self) -> None:
        """Delete what nobody will announce any more."""
        async with self._database.transaction() as session:
            await DeletedRows(session).forget_old(at(self._clock.now_ns()) - DELETIONS_KEPT)

    def _tell(self, session: AsyncSession, announcement: RecordingAnnouncement, told: dict[str, Any]) -> None:
        facts = {key: told[key] for key in ("robot_id", "size_bytes", "label", "reason", "incident_id", "trigger")}
        session_id = announcement.session_id
        self._events.append(session, HUB_STREAM, "recording.announced", session_id, {"session_id": session_id, **facts})


def _new(announcement: RecordingAnnouncement, now: datetime) -> dict[str, Any]:
    return {
        "session_id": announcement.session_id,
        "file_name": announcement.session_id + SUFFIX,
        "mtime_ns": 0,
        "state": RecordingState.ANNOUNCED,
        "delivered_by": None,
        "announced_robot_id": announcement.robot_id,
        "added_at": now,
        "announced_at": now,
    }


def _told(announcement: RecordingAnnouncement) -> dict[str, Any]:
    """The columns that an announcement fills in, as safe to store as what a file says."""
    started_ns, ended_ns = _ns(announcement.started_at), _ns(announcement.ended_at)
    unseen = Sighting(announcement.size_bytes, 0)
    trigger = None if announcement.trigger is None else announcement.trigger.model_dump(mode="json")
    channels = [channel.model_dump(mode="json") for channel in announcement.channels]
    return {
        "robot_id": announcement.robot_id,
        "size_bytes": announcement.size_bytes,
        "label": clean(announcement.label),
        "reason": announcement.reason,
        "incident_id": announcement.incident_id,
        "trigger": trigger,
        "drops": {clean(topic): max(count, 0) for topic, count in announcement.drops.items()},
        "channels": channels,
        **derived(channels, trigger, started_ns, ended_ns),
        "message_count": announcement.message_count,
        "started_ns": started_ns,
        "ended_ns": ended_ns,
        "recorded_ns": recorded_ns(announcement.session_id, unseen, ended_ns),
        "sha256": announcement.sha256,
        "preview": [series.model_dump(mode="json") for series in announcement.preview],
    }


def _ns(moment: datetime | None) -> int | None:
    return None if moment is None else min(max(to_ns(moment), 0), LATEST_NS)
