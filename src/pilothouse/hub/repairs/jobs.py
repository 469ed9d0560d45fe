"""A repair goes on until it is through, whoever is killed in between."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.jobs import Job, JobContext, Jobs
from pilothouse.hub.repairs.repository import RepairRows
from pilothouse.hub.repairs.service import REPAIR_JOB, Repairs


def register(jobs: Jobs, repairs: Repairs) -> None:
    """Make the job known."""

    async def run(_context: JobContext, session_id: str) -> None:
        await repairs.run(session_id)

    async def waiting(session: AsyncSession) -> Sequence[str]:
        return await RepairRows(session).waiting()

    jobs.register(Job(REPAIR_JOB, run, waiting))
