"""Reading a file once and writing down what it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.fleet import Robots
from pilothouse.hub.recordings.domain.contents import Contents, clean, contents_of
from pilothouse.hub.recordings.domain.naming import robot_id_of
from pilothouse.hub.recordings.domain.problems import HubEnding, RecordingFileMissing
from pilothouse.hub.recordings.domain.watching import Sighting
from pilothouse.hub.recordings.models import RecordingRow
from pilothouse.hub.recordings.repository import RecordingRows
from pilothouse.hub.recordings.service.ingest.arrivals import recorded_ns
from pilothouse.hub.recordings.service.storage.store import SessionStore
from pilothouse.hub.recordings.service.storage.watched import CHUNK_LIMIT_BYTES
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.errors import Unavailable
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Damaged, open_recording
from pilothouse.wire import RecordingState

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Examined:
    """What reading one file brought: its contents, or why there are none."""

    sha256: str | None
    contents: Contents | None = None
    damage: str | None = None


class Indexing:
    """Takes rows from ``indexing`` to ``ok`` or ``damaged``; twice is once."""

    def __init__(self, database: Database, files: SessionStore, events: Events, robots: Robots, clock: Clock) -> None:
        self._database = database
        self._files = files
        self._events = events
        self._robots = robots
        self._clock = clock
        self._then: list[Callable[[AsyncSession, str], Awaitable[None]]] = []

    def then(self, begin: Callable[[AsyncSession, str], Awaitable[None]]) -> None:
        """What follows on a recording that was read well: begun in the transaction that says so."""
        self._then.append(begin)

    async def index(self, session_id: str) -> None:
        """Index one recording if it still waits for it and its file still is the one that was seen."""
        async with self._database.reading() as session:
            row = await RecordingRows(session).get(session_id)
        if row is None or row.state != RecordingState.INDEXING:
            return
        seen = Sighting(row.size_bytes, row.mtime_ns)
        try:
            examined = await self._examined(row)
        except (RecordingFileMissing, HubEnding):
            return
        if await self._files.sighting(row.file_name) != seen:
            return
        await self._write(row, seen, examined)

    async def _examined(self, row: RecordingRow) -> Examined:
        try:
            sha256 = row.sha256 or await self._files.sha256(row.file_name)
        except OSError as error:
            return Examined(None, damage=f"the file cannot be read: {error.strerror}")
        return await asyncio.to_thread(self._examine, row, sha256)

    def _examine(self, row: RecordingRow, sha256: str) -> Examined:
        try:
            with (
                self._files.open(row.file_name) as file,
                open_recording(file, chunk_limit_bytes=CHUNK_LIMIT_BYTES) as recording,
            ):
                summary = recording.summary()
            return Examined(sha256, contents_of(row.session_id, summary, row.announced_robot_id))
        except FileNotFoundError:
            raise RecordingFileMissing from None
        except Unavailable:
            raise  # not the file's fault: the job comes back
        except Damaged as error:
            return Examined(sha256, damage=clean(str(error.facts.get("reason", error.sentence))))
        except Exception as error:  # a file is input from outside: whatever it does to a reader, it is the file's fault
            log.exception("a recording broke its reader", session_id=row.session_id)
            return Examined(sha256, damage=clean(f"reading the file failed: {type(error).__name__}"))

    async def _write(self, row: RecordingRow, seen: Sighting, examined: Examined) -> None:
        values = self._values(row, seen, examined)
        # A damaged file that a rescan tried again and found as before.
        is_told = row.damage is not None and row.damage == examined.damage
        kind = "recording.damaged" if examined.contents is None else "recording.indexed"
        async with self._database.transaction() as session:
            current = await RecordingRows(session).get(row.session_id)
            if current is not None and current.delivered_by is not None:
                values["robot_id"] = current.delivered_by
            if not await RecordingRows(session).finish(row.session_id, seen, values):
                return
            if not is_told:
                self._events.append(session, HUB_STREAM, kind, row.session_id, _facts(row, values))
            await self._robots.seen_in_recording(session, values["robot_id"])
            for begin in self._then if examined.contents is not None else ():
                await begin(session, row.session_id)
        if examined.damage is not None and not is_told:
            log.warning("a recording is damaged", session_id=row.session_id, reason=examined.damage)

    def _values(self, row: RecordingRow, seen: Sighting, examined: Examined) -> dict[str, Any]:
        contents = examined.contents or Contents(robot_id_of(row.session_id, {}, row.announced_robot_id))
        return {
            **contents.columns,
            "state": RecordingState.DAMAGED if examined.contents is None else RecordingState.OK,
            "damage": examined.damage,
            "sha256": examined.sha256,
            "recorded_ns": recorded_ns(row.session_id, seen, contents.ended_ns),
            "indexed_at": at(self._clock.now_ns()),
        }


def _facts(row: RecordingRow, values: dict[str, Any]) -> dict[str, Any]:
    told = ("robot_id", "state", "label", "reason", "incident_id", "trigger", "damage")
    return {"session_id": row.session_id, "size_bytes": row.size_bytes, **{key: values[key] for key in told}}
