"""What goes on without a request: indexing, removing what was deleted, and watching the directory."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.jobs import Job, JobContext, Jobs
from pilothouse.hub.recordings.repository import DeletedRows, RecordingRows
from pilothouse.hub.recordings.service import DELETE_JOB, INDEX_JOB, RecordingServices

FORGET_EVERY_S = 3_600.0


def register(jobs: Jobs, services: RecordingServices) -> None:
    """Make the jobs of recordings known, and keep the directory watched."""

    async def index(_context: JobContext, session_id: str) -> None:
        await services.indexing.index(session_id)

    async def waiting(session: AsyncSession) -> Sequence[str]:
        return await RecordingRows(session).waiting()

    async def remove(_context: JobContext, session_id: str) -> None:
        await services.keeping.remove(session_id)

    async def buried(session: AsyncSession) -> Sequence[str]:
        return await DeletedRows(session).waiting()

    jobs.register(Job(INDEX_JOB, index, waiting))
    jobs.register(Job(DELETE_JOB, remove, buried))
    jobs.every(FORGET_EVERY_S, "forget deletions", services.announcements.forget_deletions)
    jobs.keep_running("watch sessions", services.watch.run)
