"""A backtest goes on until it is through, whoever is killed in between."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.backtests.repository import BacktestRows
from pilothouse.hub.backtests.service import BACKTEST_JOB, Backtests
from pilothouse.hub.jobs import Job, JobContext, Jobs


def register(jobs: Jobs, backtests: Backtests) -> None:
    """Make the job known."""

    async def run(_context: JobContext, backtest_id: str) -> None:
        await backtests.run(backtest_id)

    async def waiting(session: AsyncSession) -> Sequence[str]:
        return await BacktestRows(session).unfinished()

    jobs.register(Job(BACKTEST_JOB, run, waiting))
