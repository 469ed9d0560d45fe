"""Ask for a backtest, run it recording by recording, read what it found."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.backtests.domain import (
    MAX_RECORDINGS,
    BacktestOver,
    BacktestState,
    NothingToTest,
    RuleUnusable,
    TooManyToTest,
    UnknownBacktest,
)
from pilothouse.hub.backtests.models import BacktestResultRow, BacktestRow
from pilothouse.hub.backtests.repository import BacktestRows, Tally
from pilothouse.hub.backtests.schemas import (
    Backtest,
    BacktestList,
    BacktestResult,
    BacktestResults,
    NewBacktest,
)
from pilothouse.hub.backtests.service.examining import Outcome, examine
from pilothouse.hub.db import Database
from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.jobs import Jobs
from pilothouse.hub.recordings.service import Recordings, Selection
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.errors import NotFound
from pilothouse.kit.ids import new_id
from pilothouse.triggers import TriggerConfig, Triggers, build_rule

BACKTEST_JOB = "backtest"
# Whether it was cancelled is asked of the database after so many seconds of one recording.
LOOK_EVERY_S = 1.0
# After so long a backtest goes to the back of the queue: indexing a new recording must not wait for it.
TURN_S = 20.0

_TRIGGERS: TypeAdapter[tuple[TriggerConfig, ...]] = TypeAdapter(Triggers)


class Backtests:
    """Every backtest of this hub."""

    def __init__(self, database: Database, events: Events, jobs: Jobs, clock: Clock, recordings: Recordings) -> None:
        self._database = database
        self._events = events
        self._jobs = jobs
        self._clock = clock
        self._recordings = recordings

    async def create(self, session: AsyncSession, new: NewBacktest) -> Backtest:
        """Choose the recordings and queue it; raises RuleUnusable, NothingToTest, TooManyToTest."""
        rules = [build_rule(config).name for config in _read(new.triggers)]
        chosen = await self._choose(session, new)
        row = BacktestRows(session).add(
            id=new_id("bt"), name=new.name, state=BacktestState.QUEUED, triggers=new.triggers, rules=rules,
            around_s=new.around_s, session_ids=chosen, total=len(chosen), created_at=at(self._clock.now_ns()),
            started_at=None, finished_at=None,
        )  # fmt: skip
        self._tell(session, "backtest.queued", row.id, row.state)
        self._jobs.hint(session, BACKTEST_JOB, row.id)
        return _as_backtest(row, Tally())

    async def _choose(self, session: AsyncSession, new: NewBacktest) -> list[str]:
        selection = Selection(
            session_ids=new.session_ids, robot_id=new.robot_id, label=new.label, since=new.since, until=new.until
        )
        chosen = await self._recordings.choose(session, selection, limit=MAX_RECORDINGS + 1)
        if not chosen:
            raise NothingToTest
        if len(chosen) > MAX_RECORDINGS:
            raise TooManyToTest(count=f"more than {MAX_RECORDINGS:,}", limit=f"{MAX_RECORDINGS:,}")
        return chosen

    async def list(self, session: AsyncSession, limit: int, offset: int) -> BacktestList:
        """Newest first."""
        rows, total = await BacktestRows(session).page(limit, offset)
        tallies = await BacktestRows(session).tallies([row.id for row in rows])
        items = [_as_backtest(row, tallies.get(row.id, Tally())) for row in rows]
        return BacktestList(items=items, total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, backtest_id: str) -> Backtest:
        """One backtest and how far it is; raises UnknownBacktest."""
        row = await _found(session, backtest_id)
        tallies = await BacktestRows(session).tallies([row.id])
        return _as_backtest(row, tallies.get(row.id, Tally()))

    async def results(
        self, session: AsyncSession, backtest_id: str, *, fired_only: bool, limit: int, offset: int
    ) -> BacktestResults:
        """What was found so far, by recording."""
        await _found(session, backtest_id)
        rows, total = await BacktestRows(session).results(
            backtest_id, fired_only=fired_only, limit=limit, offset=offset
        )
        return BacktestResults(items=[_as_result(row) for row in rows], total=total, limit=limit, offset=offset)

    async def cancel(self, session: AsyncSession, backtest_id: str) -> Backtest:
        """Stop it; what was found stays. Raises UnknownBacktest, BacktestOver."""
        row = await _found(session, backtest_id)
        if not await BacktestRows(session).end(backtest_id, BacktestState.CANCELLED, at(self._clock.now_ns())):
            raise BacktestOver(state=row.state)
        self._tell(session, "backtest.cancelled", backtest_id, BacktestState.CANCELLED)
        await session.refresh(row)
        return await self.get(session, backtest_id)

    async def remove(self, session: AsyncSession, backtest_id: str) -> None:
        """Forget it and what it found; one that runs is stopped by that."""
        await _found(session, backtest_id)
        await BacktestRows(session).remove(backtest_id)
        self._tell(session, "backtest.deleted", backtest_id, None)

    async def run(self, backtest_id: str) -> None:
        """Go through what is left of it, for a turn. May be begun anywhere, any number of times, by anybody."""
        row = await self._begin(backtest_id)
        if row is None:
            return
        async with self._database.reading() as session:
            through = await BacktestRows(session).through(backtest_id)
            tally = (await BacktestRows(session).tallies([backtest_id])).get(backtest_id, Tally())
        configs = _read(row.triggers)
        turn_ends = time.monotonic() + TURN_S
        for session_id in (one for one in row.session_ids if one not in through):
            if time.monotonic() > turn_ends:
                async with self._database.transaction() as session:
                    self._jobs.hint(session, BACKTEST_JOB, backtest_id)
                return
            outcome, robot_id = await self._test(backtest_id, session_id, configs, row.around_s)
            if not await self._goes_on(backtest_id):
                return
            tally = await self._write(row, session_id, robot_id, outcome, tally)
        async with self._database.transaction() as session:
            if await BacktestRows(session).end(backtest_id, BacktestState.DONE, at(self._clock.now_ns())):
                self._tell(session, "backtest.done", backtest_id, BacktestState.DONE)

    async def _begin(self, backtest_id: str) -> BacktestRow | None:
        async with self._database.transaction() as session:
            if await BacktestRows(session).begin(backtest_id, at(self._clock.now_ns())):
                self._tell(session, "backtest.running", backtest_id, BacktestState.RUNNING)
        async with self._database.reading() as session:
            row = await BacktestRows(session).get(backtest_id, with_sessions=True)
        return row if row is not None and not row.state.is_over else None

    async def _goes_on(self, backtest_id: str) -> bool:
        async with self._database.reading() as session:
            row = await BacktestRows(session).get(backtest_id)
        return row is not None and not row.state.is_over

    async def _test(
        self, backtest_id: str, session_id: str, configs: Sequence[TriggerConfig], around_s: float
    ) -> tuple[Outcome, str]:
        try:
            async with self._database.reading() as session:
                recording = await self._recordings.get(session, session_id, only_robot=None)
                content = await self._recordings.content_of(session, session_id, only_robot=None)
        except NotFound as problem:
            return Outcome(problem=problem.sentence), ""
        stop = threading.Event()
        testing = asyncio.ensure_future(asyncio.to_thread(examine, content, configs, around_s, stop))
        try:
            while not (await asyncio.wait({testing}, timeout=LOOK_EVERY_S))[0]:
                if not await self._goes_on(backtest_id):
                    stop.set()
        finally:
            stop.set()
        return await testing, recording.robot_id

    async def _write(self, row: BacktestRow, session_id: str, robot_id: str, outcome: Outcome, before: Tally) -> Tally:
        """Keep a result and tell how far it is: counted on from before, for adding all results up after each would
        take the square of their number."""
        tally = Tally(
            before.completed + 1, before.failed + (outcome.problem is not None), before.firings + outcome.firing_count
        )
        async with self._database.transaction() as session:
            rows = BacktestRows(session)
            # Deleted in this moment: a result without its backtest would be refused by the database.
            if await rows.get(row.id) is None or not await rows.add_result(
                backtest_id=row.id, session_id=session_id, robot_id=robot_id, firing_count=outcome.firing_count,
                firings=[one.model_dump(mode="json") for one in outcome.firings], warnings=outcome.warnings,
                problem=outcome.problem, seconds=outcome.seconds,
            ):  # fmt: skip
                return (await rows.tallies([row.id])).get(row.id, before)
            facts = {
                "completed": tally.completed,
                "total": row.total,
                "firings": tally.firings,
                "session_id": session_id,
            }
            self._events.append(session, HUB_STREAM, "backtest.progressed", row.id, {"id": row.id, **facts})
        return tally

    def _tell(self, session: AsyncSession, kind: str, backtest_id: str, state: BacktestState | None) -> None:
        self._events.append(session, HUB_STREAM, kind, backtest_id, {"id": backtest_id, "state": state})


def _read(triggers: list[object]) -> tuple[TriggerConfig, ...]:
    """The rules as they are written; raises RuleUnusable with the first thing that is wrong."""
    try:
        return _TRIGGERS.validate_python(triggers)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RuleUnusable(reason=f"{where}: {first['msg']}" if where else first["msg"]) from None


async def _found(session: AsyncSession, backtest_id: str) -> BacktestRow:
    row = await BacktestRows(session).get(backtest_id)
    if row is None:
        raise UnknownBacktest
    return row


def _as_backtest(row: BacktestRow, tally: Tally) -> Backtest:
    return Backtest(
        id=row.id, name=row.name, state=row.state, rules=row.rules, total=row.total, completed=tally.completed,
        failed=tally.failed, firings=tally.firings, created_at=row.created_at, started_at=row.started_at,
        finished_at=row.finished_at,
    )  # fmt: skip


def _as_result(row: BacktestResultRow) -> BacktestResult:
    return BacktestResult(
        session_id=row.session_id, robot_id=row.robot_id, firing_count=row.firing_count, firings=row.firings,
        warnings=row.warnings, problem=row.problem, seconds=row.seconds,
    )  # fmt: skip
