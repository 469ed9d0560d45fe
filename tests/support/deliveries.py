"""Short words for what tests of recordings do again and again."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from pilothouse.hub.composition import Hub
from pilothouse.hub.events import HUB_STREAM
from pilothouse.hub.recordings.domain.tus import Announced, Chunk
from pilothouse.hub.recordings.service import Progress, RecordingServices
from pilothouse.wire import Recording, RecordingList, UploadMetadata

SESSION_ID = "arm_20260512T084230Z"


def metadata_of(content: bytes, session_id: str = SESSION_ID) -> UploadMetadata:
    return UploadMetadata(session_id=session_id, sha256=hashlib.sha256(content).hexdigest())


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    """A request body."""
    for piece in content:
        yield piece


@dataclass(frozen=True)
class Desk:
    """Drives the services of one hub."""

    hub: Hub
    services: RecordingServices

    async def create(self, content: bytes, session_id: str = SESSION_ID, **options: str | None) -> Progress:
        announced = Announced(metadata_of(content, session_id), len(content))
        only_robot = options.get("only_robot")
        return (await self.services.uploads.create(announced, only_robot=only_robot))[0]

    async def send(self, progress: Progress, *content: bytes, offset: int = 0) -> Progress:
        chunk = Chunk(offset)
        return await self.services.uploads.receive(progress.upload_id, chunk, pieces(*content), only_robot=None)

    async def deliver(self, content: bytes, session_id: str = SESSION_ID) -> Progress:
        return await self.send(await self.create(content, session_id), content)

    async def progress(self, progress: Progress) -> Progress:
        return await self.services.uploads.progress(progress.upload_id, only_robot=None)

    async def index_all(self) -> None:
        """Do what the job would."""
        for recording in (await self.list()).sessions:
            await self.services.indexing.index(recording.session_id)

    async def look_twice(self) -> None:
        await self.services.watch.look()
        await self.services.watch.look()

    async def list(self, **wishes: object) -> RecordingList:
        asked = {"robot_id": None, "only_robot": None, "limit": 50, "offset": 0, **wishes}
        async with self.hub.database.reading() as session:
            return await self.services.recordings.page(session, **asked)  # type: ignore[arg-type]

    async def get(self, session_id: str = SESSION_ID) -> Recording:
        async with self.hub.database.reading() as session:
            return await self.services.recordings.get(session, session_id, only_robot=None)

    async def events(self) -> list[tuple[str, str]]:
        """Kind and subject of everything that was told about recordings."""
        told = await self.hub.events.since(HUB_STREAM, 0)
        return [(event.kind, event.subject) for event in told if not event.kind.startswith("robot.")]
