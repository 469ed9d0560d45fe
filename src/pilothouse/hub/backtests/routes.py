"""Run rules over stored recordings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from pilothouse.hub.backtests.auth import Operator, Viewer
from pilothouse.hub.backtests.schemas import Backtest, BacktestList, BacktestResults, NewBacktest
from pilothouse.hub.backtests.service import Backtests
from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import OnceKey, Reading, ThisHub, Writing
from pilothouse.kit.clock import at
from pilothouse.web import Paging
from pilothouse.web.kept import kept

router = APIRouter(prefix="/api/v1/backtests", tags=["backtests"])

BacktestId = Annotated[str, Path(max_length=40)]


TheBacktests = Annotated[Backtests, Depends(kept("backtests", Backtests))]


@router.post("", status_code=201, summary="Run rules over stored recordings")
async def create_backtest(
    _caller: Operator, backtests: TheBacktests, session: Writing, hub: ThisHub, once: OnceKey, new: NewBacktest
) -> Backtest:
    """The recordings are chosen now; the rules run in a job. Follow it at `GET /api/v1/backtests/{id}`, or live:
    `GET /api/v1/events` tells `backtest.progressed` after each recording."""
    return await answer_once(session, once, at(hub.clock.now_ns()), Backtest, lambda: backtests.create(session, new))


@router.get("", summary="List backtests, newest first")
async def list_backtests(_caller: Viewer, backtests: TheBacktests, session: Reading, page: Paging) -> BacktestList:
    return await backtests.list(session, page.limit, page.offset)


@router.get("/{backtest_id}", summary="Get a backtest and how far it is")
async def get_backtest(_caller: Viewer, backtests: TheBacktests, session: Reading, backtest_id: BacktestId) -> Backtest:
    return await backtests.get(session, backtest_id)


@router.get("/{backtest_id}/results", summary="List what a backtest found, by recording")
async def list_backtest_results(
    _caller: Viewer,
    backtests: TheBacktests,
    session: Reading,
    backtest_id: BacktestId,
    page: Paging,
    *,
    fired_only: Annotated[bool, Query(description="Only recordings in which a rule fired")] = False,
) -> BacktestResults:
    """Grows while the backtest runs."""
    return await backtests.results(session, backtest_id, fired_only=fired_only, limit=page.limit, offset=page.offset)


@router.post("/{backtest_id}/cancel", summary="Stop a backtest")
async def cancel_backtest(
    _caller: Operator, backtests: TheBacktests, session: Writing, backtest_id: BacktestId
) -> Backtest:
    """What it found so far stays."""
    return await backtests.cancel(session, backtest_id)


@router.delete("/{backtest_id}", status_code=204, summary="Delete a backtest and what it found")
async def delete_backtest(
    _caller: Operator, backtests: TheBacktests, session: Writing, backtest_id: BacktestId
) -> None:
    await backtests.remove(session, backtest_id)
