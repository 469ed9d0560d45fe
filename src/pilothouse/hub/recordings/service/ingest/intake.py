"""Recordings that the hub makes itself, out of others."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pilothouse.hub.db import Database
from pilothouse.hub.recordings.domain.naming import SUFFIX
from pilothouse.hub.recordings.models import UploadRow
from pilothouse.hub.recordings.service.ingest.arrivals import Arrivals
from pilothouse.hub.recordings.service.storage.landing import in_thread, no_room
from pilothouse.hub.recordings.service.storage.partial import Partials
from pilothouse.hub.recordings.service.storage.store import SessionStore
from pilothouse.kit.ids import new_id


class Intake:
    """Puts a finished file among the recordings."""

    def __init__(self, database: Database, files: SessionStore, partials: Partials, arrivals: Arrivals) -> None:
        self._database = database
        self._files = files
        self._partials = partials
        self._arrivals = arrivals

    async def take(self, made: Path, session_id: str, *, robot_id: str) -> None:
        """Take a file over, durably, as a robot's; the same content twice is once.

        Raises ContentDiffers, StorageFull.
        """
        name, upload_id = session_id + SUFFIX, new_id("upl")
        with no_room():
            sha256 = await in_thread(lambda: _sha256(made))
            await in_thread(lambda: made.replace(self._partials.path(upload_id)))
            with self._partials.open(upload_id) as partial:
                await in_thread(partial.sync)
                await self._files.receive(partial, sha256, name)
        seen = await self._files.sighting(name)
        assert seen is not None
        upload = UploadRow(id=upload_id, session_id=session_id, sha256=sha256, robot_id=robot_id, delivered_by=robot_id)
        async with self._database.transaction() as session:
            await self._arrivals.delivered(session, upload, name, seen)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
