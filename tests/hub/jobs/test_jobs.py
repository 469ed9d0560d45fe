from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from structlog.testing import capture_logs

from pilothouse.hub.db import Database
from pilothouse.hub.jobs import Job, JobContext, Jobs
from pilothouse.hub.jobs.domain import delay_s
from pilothouse.hub.jobs.queues import CONCURRENCY, WAITING
from pilothouse.kit.clock import ManualClock

pytestmark = pytest.mark.anyio


class _Base(DeclarativeBase):
    pass


class Chore(_Base):
    __tablename__ = "chores"

    name: Mapped[str] = mapped_column(primary_key=True)


class Chores:
    """Rows that wait, and a job that takes them away; ``before`` may hold it up or make it fail."""

    def __init__(self, database: Database, before: Callable[[str], Awaitable[None]] | None = None) -> None:
        self.database = database
        self.before = before
        self.done: list[str] = []
        self.attempts: list[tuple[str, int]] = []
        self.job = Job("chore", self.run, self.pending)

    async def run(self, context: JobContext, subject: str) -> None:
        self.attempts.append((subject, context.attempt))
        if self.before is not None:
            await self.before(subject)
        async with self.database.transaction() as session:
            await session.execute(delete(Chore).where(Chore.name == subject))
        self.done.append(subject)

    async def pending(self, session: AsyncSession) -> Sequence[str]:
        return list(await session.scalars(select(Chore.name).order_by(Chore.name)))

    async def add(self, *names: str, jobs: Jobs | None = None) -> None:
        """Commit rows, with a hint or with none, as when the process died before it was given."""
        async with self.database.transaction() as session:
            await session.execute(insert(Chore), [{"name": name} for name in names])
            for name in names if jobs else ():
                assert jobs is not None
                jobs.hint(session, "chore", name)

    async def wait_for(self, *names: str) -> None:
        async with asyncio.timeout(20):
            while not set(names) <= set(self.done):
                await asyncio.sleep(0.005)


@pytest.fixture
async def chores(database: Database) -> Chores:
    async with database.transaction() as session:
        await (await session.connection()).run_sync(_Base.metadata.create_all)
    return Chores(database)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def jobs(chores: Chores, clock: ManualClock) -> AsyncIterator[Jobs]:
    working = Jobs(chores.database, clock=clock)
    working.register(chores.job)
    await working.start()
    yield working
    await working.stop()


async def test_a_hint_runs_the_job_after_the_commit(chores: Chores, jobs: Jobs) -> None:
    await chores.add("sweep", jobs=jobs)

    await chores.wait_for("sweep")


async def test_a_transaction_that_fails_hints_at_nothing(chores: Chores, jobs: Jobs) -> None:
    with pytest.raises(RuntimeError):  # noqa: PT012
        async with chores.database.transaction() as session:
            jobs.hint(session, "chore", "never")
            raise RuntimeError
    await chores.add("after", jobs=jobs)
    await chores.wait_for("after")

    assert chores.attempts == [("after", 1)]


async def test_rows_whose_hint_was_lost_are_run_after_a_restart(chores: Chores) -> None:
    await chores.add("left", "behind")

    restarted = Jobs(chores.database)
    restarted.register(chores.job)
    await restarted.start()
    await chores.wait_for("left", "behind")
    await restarted.stop()


async def test_rows_whose_hint_was_lost_are_found_while_running(chores: Chores, jobs: Jobs) -> None:
    await chores.add("forgotten")

    await jobs.reconcile()

    await chores.wait_for("forgotten")


async def test_a_subject_that_is_hinted_at_while_it_runs_runs_again_afterwards(chores: Chores, jobs: Jobs) -> None:
    running, may_end, overlaps = 0, asyncio.Event(), []

    async def before(_subject: str) -> None:
        nonlocal running
        running += 1
        overlaps.append(running)
        await may_end.wait()
        running -= 1

    chores.before = before
    await chores.add("one", jobs=jobs)
    await until(lambda: running == 1)
    async with chores.database.transaction() as session:
        jobs.hint(session, "chore", "one")
    may_end.set()
    await until(lambda: len(chores.done) == 2)

    assert overlaps == [1, 1]


async def test_a_poisoned_subject_blocks_no_other_and_is_logged_once(
    chores: Chores, jobs: Jobs, clock: ManualClock
) -> None:
    async def before(subject: str) -> None:
        if subject == "poison":
            raise ValueError("cannot be digested")

    chores.before = before
    with capture_logs() as written:
        await chores.add("poison", "fine", jobs=jobs)
        await chores.wait_for("fine")
        await jobs.idle()
        for attempt in range(2, 5):
            clock.advance(delay_s(attempt))
            await jobs.reconcile()
            await until(lambda attempt=attempt: ("poison", attempt) in chores.attempts)
            await jobs.idle()

    assert [attempt for subject, attempt in chores.attempts if subject == "poison"] == [1, 2, 3, 4]
    assert [entry["subject"] for entry in written if entry["event"] == "job failed"] == ["poison"]


async def test_a_failed_subject_rests_longer_after_each_failure(chores: Chores, jobs: Jobs, clock: ManualClock) -> None:
    async def before(_subject: str) -> None:
        raise ValueError

    chores.before = before
    await chores.add("poison", jobs=jobs)
    await until(lambda: len(chores.attempts) == 1)
    await jobs.idle()
    await jobs.reconcile()
    await jobs.idle()
    at_once = len(chores.attempts)
    clock.advance(delay_s(1))
    await jobs.reconcile()
    await until(lambda: len(chores.attempts) == 2)
    await jobs.idle()
    clock.advance(delay_s(1))
    await jobs.reconcile()
    await jobs.idle()

    assert at_once == 1
    assert len(chores.attempts) == 2


async def test_a_subject_that_succeeds_at_last_is_forgiven(chores: Chores, jobs: Jobs, clock: ManualClock) -> None:
    failing = True

    async def before(_subject: str) -> None:
        if failing:
            raise ValueError

    chores.before = before
    await chores.add("late", jobs=jobs)
    await until(lambda: len(chores.attempts) == 1)
    await jobs.idle()
    failing = False
    clock.advance(delay_s(1))
    await jobs.reconcile()
    await chores.wait_for("late")
    await jobs.idle()
    await chores.add("late", jobs=jobs)
    await until(lambda: len(chores.attempts) == 3)

    assert chores.attempts[-1] == ("late", 1)


async def test_no_more_than_a_few_jobs_run_at_once_and_all_of_a_thousand_run(chores: Chores, jobs: Jobs) -> None:
    running, most = 0, 0
    four_run = asyncio.Event()

    async def before(_subject: str) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == CONCURRENCY:
            four_run.set()
        await four_run.wait()
        await asyncio.sleep(0)
        running -= 1

    chores.before = before
    names = [f"chore {number:04}" for number in range(1_000)]
    await chores.add(*names, jobs=jobs)
    await chores.wait_for(*names)

    assert most == CONCURRENCY
    assert sorted(set(chores.done)) == names


async def test_a_thousand_of_one_kind_do_not_keep_another_kind_waiting(chores: Chores) -> None:
    done_before: list[int] = []

    async def run(_context: JobContext, _subject: str) -> None:
        done_before.append(len(chores.done))

    async def pending(_session: AsyncSession) -> Sequence[str]:
        return [] if done_before else ["letter"]

    names = [f"chore {number:04}" for number in range(1_000)]
    await chores.add(*names)
    jobs = Jobs(chores.database)
    jobs.register(chores.job)
    jobs.register(Job("letter", run, pending))
    await jobs.start()
    await chores.wait_for(*names)
    await jobs.stop()

    assert done_before
    assert done_before[0] <= 2 * WAITING


async def test_the_end_cancels_what_does_not_finish_and_its_row_stays(chores: Chores) -> None:
    started = asyncio.Event()

    async def before(_subject: str) -> None:
        started.set()
        await asyncio.Event().wait()

    ending = Jobs(chores.database)
    ending.register(chores.job)
    chores.before = before
    await ending.start()
    await chores.add("endless", jobs=ending)
    await started.wait()
    async with asyncio.timeout(5):
        await ending.stop()

    async with chores.database.reading() as session:
        assert await chores.pending(session) == ["endless"]


async def test_what_is_kept_running_starts_again_when_it_fails(chores: Chores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pilothouse.hub.jobs.service.RESTART_S", 0.0)
    starts: list[int] = []
    lives = asyncio.Event()

    async def watch() -> None:
        starts.append(len(starts))
        if len(starts) < 3:
            raise OSError("the directory is gone")
        lives.set()
        await asyncio.Event().wait()

    working = Jobs(chores.database)
    working.keep_running("watch", watch)
    await working.start()
    async with asyncio.timeout(10):
        await lives.wait()
    await working.stop()

    assert starts == [0, 1, 2]


def test_rests_double_up_to_an_hour() -> None:
    assert [delay_s(attempts) for attempts in (1, 2, 3, 11, 12, 1_000)] == [2, 4, 8, 2_048, 3_600, 3_600]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.005)
