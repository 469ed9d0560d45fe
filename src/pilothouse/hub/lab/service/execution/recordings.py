"""Recordings of a session as files that its sandbox can be shown."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from pilothouse.hub.db import Database
from pilothouse.hub.lab.domain.problems import RecordingsUnavailable
from pilothouse.hub.recordings.service import Recordings
from pilothouse.hub.recordings.service.catalogue.recordings import Content
from pilothouse.kit.errors import Problem
from pilothouse.workspaces import Shown, recordings_shown

_COPY_BYTES = 1 << 20


class RecordingFiles:
    """Copies or links of recordings, kept as long as the session."""

    def __init__(self, database: Database, recordings: Recordings, directory: Callable[[], Path]) -> None:
        self._database = database
        self._recordings = recordings
        self._directory = directory

    async def shown(self, session_id: str, recordings: Sequence[str]) -> Shown:
        """What a session is shown; raises RecordingsUnavailable."""
        files: dict[str, Path] = {}
        for recording in recordings:
            files[recording] = await self._file(session_id, recording)
        return recordings_shown(files) if files else Shown()

    def forget(self, session_id: str) -> None:
        shutil.rmtree(self._directory() / session_id, ignore_errors=True)

    async def _file(self, session_id: str, recording: str) -> Path:
        try:
            async with self._database.reading() as session:
                content = await self._recordings.content_of(session, recording, only_robot=None)
            return await asyncio.to_thread(self._place, session_id, recording, content)
        except (Problem, OSError) as error:
            reason = error.sentence if isinstance(error, Problem) else str(error.strerror)
            raise RecordingsUnavailable(recording=recording, reason=reason) from error

    def _place(self, session_id: str, recording: str, content: Content) -> Path:
        """Whatever becomes of the recording, the session keeps what it began with; guests may read it, not write."""
        directory = self._directory() / session_id
        directory.mkdir(parents=True, exist_ok=True)
        target = directory / f"{recording}.mcap"
        with content.open() as source:
            if isinstance(name := getattr(source, "name", None), (str, bytes)) and content.files.is_local:
                try:
                    os.link(name, target)
                    return target
                except OSError:
                    pass
            with target.open("wb") as copy:
                shutil.copyfileobj(source, copy, _COPY_BYTES)
        target.chmod(0o644)
        return target
