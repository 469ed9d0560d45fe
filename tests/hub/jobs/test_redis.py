from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from redis.asyncio import Redis
from sqlalchemy import String, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pilothouse.hub.db import Database
from pilothouse.hub.jobs import Job, JobContext, Jobs
from pilothouse.hub.jobs.queues import CONCURRENCY
from pilothouse.hub.jobs.redis import STREAM, RedisQueue, RedisUnavailable
from tests.support.valkey import started_valkey

pytestmark = pytest.mark.anyio


class _Base(DeclarativeBase):
    pass


class Errand(_Base):
    __tablename__ = "errands"

    name: Mapped[str] = mapped_column(String(50), primary_key=True)


class Process:
    """One process of an installation: its own connection to the database, its own queue on the same Redis."""

    def __init__(self, name: str, address: str, redis_url: str, ran: list[tuple[str, str]]) -> None:
        self.name = name
        self.database = Database(address)
        self.jobs = Jobs(self.database, RedisQueue(redis_url))
        self.ran = ran
        self.before: Callable[[str], Awaitable[None]] | None = None
        self.jobs.register(Job("errand", self._run, _pending))

    async def _run(self, _context: JobContext, subject: str) -> None:
        self.ran.append((self.name, subject))
        if self.before is not None:
            await self.before(subject)
        async with self.database.transaction() as session:
            await session.execute(delete(Errand).where(Errand.name == subject))

    async def add(self, *names: str, hint: bool = True) -> None:
        async with self.database.transaction() as session:
            await session.execute(insert(Errand), [{"name": name} for name in names])
            for name in names if hint else ():
                self.jobs.hint(session, "errand", name)

    async def waiting(self) -> Sequence[str]:
        async with self.database.reading() as session:
            return await _pending(session)

    async def wait_until_all_are_done(self) -> None:
        async with asyncio.timeout(30):
            while await self.waiting():
                await asyncio.sleep(0.01)


async def _pending(session: AsyncSession) -> Sequence[str]:
    return list(await session.scalars(select(Errand.name)))


@pytest.fixture
async def two(database: Database, database_address: str, redis_url: str) -> AsyncIterator[tuple[Process, Process]]:
    """Two processes that work."""
    async with database.transaction() as session:
        await (await session.connection()).run_sync(_Base.metadata.create_all)
    ran: list[tuple[str, str]] = []
    pair = (Process("a", database_address, redis_url, ran), Process("b", database_address, redis_url, ran))
    for one in pair:
        await one.jobs.start()
    yield pair
    for one in pair:
        await one.jobs.stop()
        await one.database.close()


async def test_two_processes_share_the_work(two: tuple[Process, Process]) -> None:
    a, b = two
    # More than one process can have under way.
    all_at_work = asyncio.Barrier(CONCURRENCY + 2)

    async def together(_subject: str) -> None:
        async with asyncio.timeout(20):
            await all_at_work.wait()

    a.before = b.before = together
    await a.add(*(f"errand {number}" for number in range(all_at_work.parties)))
    await a.wait_until_all_are_done()

    assert {process for process, _ in a.ran} == {"a", "b"}


async def test_each_of_many_subjects_is_carried_out(two: tuple[Process, Process]) -> None:
    a, _ = two
    names = [f"errand {number}" for number in range(100)]

    await a.add(*names)
    await a.wait_until_all_are_done()

    assert sorted({subject for _, subject in a.ran}) == sorted(names)


async def test_one_subject_is_worked_on_by_one_process_at_a_time(two: tuple[Process, Process], redis_url: str) -> None:
    a, b = two
    at_work, may_end = asyncio.Event(), asyncio.Event()

    async def slowly(_subject: str) -> None:
        at_work.set()
        await may_end.wait()

    a.before = b.before = slowly
    await a.add("one")
    await at_work.wait()
    # A hint that is given again while the work goes on: both processes read it and leave it.
    async with b.database.transaction() as session:
        b.jobs.hint(session, "errand", "one")
    await everything_is_read(redis_url)
    during = len(a.ran)
    may_end.set()
    await a.wait_until_all_are_done()

    assert during == 1


async def test_a_hint_that_redis_lost_is_given_again_from_the_rows(
    two: tuple[Process, Process], redis_url: str
) -> None:
    a, b = two
    async with Redis.from_url(redis_url) as redis:
        await redis.flushall()
    await a.add("forgotten", hint=False)

    await b.jobs.reconcile()

    await a.wait_until_all_are_done()


async def test_what_a_process_that_died_had_claimed_is_done_when_the_claim_ends(
    two: tuple[Process, Process], redis_url: str
) -> None:
    a, _ = two
    async with Redis.from_url(redis_url) as redis:
        await redis.set("pilothouse:claim:errand:orphan", "of the dead", ex=30)
        await a.add("orphan")
        await everything_is_read(redis_url)
        assert await a.waiting() == ["orphan"]

        await redis.delete("pilothouse:claim:errand:orphan")
    await a.jobs.reconcile()

    await a.wait_until_all_are_done()


async def test_a_redis_that_does_not_answer_keeps_jobs_from_starting(database: Database) -> None:
    jobs = Jobs(database, RedisQueue("redis://127.0.0.1:1/0"))

    with pytest.raises(RedisUnavailable, match="PILOTHOUSE_REDIS_URL"):
        await jobs.start()
    await jobs.stop()


async def test_work_goes_on_after_redis_was_restarted(
    database: Database, database_address: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with database.transaction() as session:
        await (await session.connection()).run_sync(_Base.metadata.create_all)
    server = started_valkey()
    port = server.port
    process = Process("a", database_address, f"redis://127.0.0.1:{port}/0", [])
    await process.jobs.start()
    await process.add("before")
    await process.wait_until_all_are_done()

    server.stop()
    await process.add("while redis was away")
    server = started_valkey(port)
    async with asyncio.timeout(30):
        while await process.waiting():
            await reconciled(process.jobs)
            await asyncio.sleep(0.1)

    await process.jobs.stop()
    await process.database.close()
    server.stop()


async def reconciled(jobs: Jobs) -> None:
    with contextlib.suppress(RedisUnavailable):
        await jobs.reconcile()


async def everything_is_read(redis_url: str) -> None:
    """Until no message of the stream is waiting or being handled, but for those whose work goes on."""
    async with asyncio.timeout(20), Redis.from_url(redis_url, decode_responses=True) as redis:
        while True:
            groups = await redis.xinfo_groups(STREAM)
            queued = [key async for key in redis.scan_iter("pilothouse:queued:*")]
            if groups and groups[0]["lag"] == 0 and not queued:
                return
            await asyncio.sleep(0.01)
