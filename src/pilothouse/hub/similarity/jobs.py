"""Signatures are made once a recording is indexed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.jobs import Job, JobContext, Jobs
from pilothouse.hub.similarity.repository import SignatureRows
from pilothouse.hub.similarity.service import SIGNATURE_JOB, Similarity


def register(jobs: Jobs, similarity: Similarity) -> None:
    """Make the job known."""

    async def run(_context: JobContext, session_id: str) -> None:
        await similarity.sign(session_id)

    async def waiting(session: AsyncSession) -> Sequence[str]:
        return await SignatureRows(session).waiting()

    jobs.register(Job(SIGNATURE_JOB, run, waiting))
