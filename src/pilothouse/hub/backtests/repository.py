"""The SQL of backtests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from pilothouse.hub.backtests.domain import BacktestState
from pilothouse.hub.backtests.models import BacktestResultRow, BacktestRow
from pilothouse.hub.db import insert_into

UNFINISHED = (BacktestState.QUEUED, BacktestState.RUNNING)


class Tally(NamedTuple):
    """What the results of a backtest add up to."""

    completed: int = 0
    failed: int = 0
    firings: int = 0


class BacktestRows:
    """Queries on backtests within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, **values: Any) -> BacktestRow:
        row = BacktestRow(**values)
        self._session.add(row)
        return row

    async def get(self, backtest_id: str, *, with_sessions: bool = False) -> BacktestRow | None:
        options = [undefer(BacktestRow.session_ids)] if with_sessions else []
        return await self._session.get(BacktestRow, backtest_id, options=options)

    async def page(self, limit: int, offset: int) -> tuple[Sequence[BacktestRow], int]:
        """Newest first, and how many there are."""
        total = await self._session.scalar(select(func.count()).select_from(BacktestRow)) or 0
        newest = (BacktestRow.created_at.desc(), BacktestRow.id.desc())
        found = await self._session.scalars(select(BacktestRow).order_by(*newest).limit(limit).offset(offset))
        return found.all(), total

    async def unfinished(self) -> Sequence[str]:
        query = select(BacktestRow.id).where(BacktestRow.state.in_(UNFINISHED)).order_by(BacktestRow.created_at)
        return (await self._session.scalars(query)).all()

    async def begin(self, backtest_id: str, now: datetime) -> bool:
        """Whether it has just left the queue."""
        return await self._move(backtest_id, (BacktestState.QUEUED,), state=BacktestState.RUNNING, started_at=now)

    async def end(self, backtest_id: str, state: BacktestState, now: datetime) -> bool:
        """Whether it has just ended: somebody else may have ended it before."""
        return await self._move(backtest_id, UNFINISHED, state=state, finished_at=now)

    async def remove(self, backtest_id: str) -> None:
        await self._session.execute(delete(BacktestResultRow).where(BacktestResultRow.backtest_id == backtest_id))
        await self._session.execute(delete(BacktestRow).where(BacktestRow.id == backtest_id))

    async def tallies(self, backtest_ids: Collection[str]) -> dict[str, Tally]:
        if not backtest_ids:
            return {}
        result = BacktestResultRow
        query = (
            select(
                result.backtest_id,
                func.count(),
                func.sum(case((result.problem.is_not(None), 1), else_=0)),
                func.sum(result.firing_count),
            )
            .where(result.backtest_id.in_(backtest_ids))
            .group_by(result.backtest_id)
        )
        rows = await self._session.execute(query)
        return {one: Tally(count, int(failed), int(firings)) for one, count, failed, firings in rows}

    async def through(self, backtest_id: str) -> frozenset[str]:
        """The recordings that have a result."""
        query = select(BacktestResultRow.session_id).where(BacktestResultRow.backtest_id == backtest_id)
        return frozenset((await self._session.scalars(query)).all())

    async def add_result(self, **values: Any) -> bool:
        """False when another worker was faster."""
        statement = insert_into(self._session, BacktestResultRow).values(**values).on_conflict_do_nothing()
        return await self._session.scalar(statement.returning(BacktestResultRow.session_id)) is not None

    async def results(
        self, backtest_id: str, *, fired_only: bool, limit: int, offset: int
    ) -> tuple[Sequence[BacktestResultRow], int]:
        """By the recording's id, and how many there are."""
        wanted = [BacktestResultRow.backtest_id == backtest_id]
        if fired_only:
            wanted.append(BacktestResultRow.firing_count > 0)
        total = await self._session.scalar(select(func.count()).select_from(BacktestResultRow).where(*wanted)) or 0
        query = select(BacktestResultRow).where(*wanted).order_by(BacktestResultRow.session_id)
        return (await self._session.scalars(query.limit(limit).offset(offset))).all(), total

    async def _move(self, backtest_id: str, before: Collection[BacktestState], **values: Any) -> bool:
        statement = (
            update(BacktestRow)
            .where(BacktestRow.id == backtest_id, BacktestRow.state.in_(before))
            .values(**values)
            .returning(BacktestRow.id)
        )
        return await self._session.scalar(statement) is not None
