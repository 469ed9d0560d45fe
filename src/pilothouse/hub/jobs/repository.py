"""The SQL of job failures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.jobs.models import JobFailureRow


async def failures(session: AsyncSession, job: str) -> dict[str, JobFailureRow]:
    """Every subject of a job that failed last time, by subject."""
    found = await session.execute(select(JobFailureRow).where(JobFailureRow.job == job))
    return {row.subject: row for row in found.scalars()}


async def failure(session: AsyncSession, job: str, subject: str) -> JobFailureRow | None:
    return await session.get(JobFailureRow, (job, subject))


async def remember_failure(
    session: AsyncSession, job: str, subject: str, *, attempts: int, error: str, not_before: datetime
) -> None:
    await session.merge(JobFailureRow(job=job, subject=subject, attempts=attempts, error=error, not_before=not_before))


async def forget_failure(session: AsyncSession, job: str, subject: str) -> None:
    await session.execute(delete(JobFailureRow).where(JobFailureRow.job == job, JobFailureRow.subject == subject))
