"""Run jobs: told by hints, reminded by the rows themselves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from taskiq import AsyncBroker, InMemoryBroker

from pilothouse.hub.db import Database, after_commit
from pilothouse.hub.jobs import repository
from pilothouse.hub.jobs.domain import Job, JobContext, delay_s
from pilothouse.kit.clock import NS_PER_S, Clock, SystemClock, at
from pilothouse.kit.errors import Unavailable
from pilothouse.kit.logs import get_logger

log = get_logger(__name__)

# How often rows are looked through for work whose hint was lost.
RECONCILE_S = 15.0
# Jobs that run at once in one process; most of them wait for a disk or a database.
CONCURRENCY = 4
# Hints that may wait in one process; more are dropped, for the rows remember them.
WAITING = 256
# At the end running jobs may finish for so long, then they are cancelled: the next start repeats them.
GRACE_S = 1.0

TASK = "pilothouse.run"


class JobsStopped(Unavailable):
    """Jobs do not run in this process; restart it."""


@dataclass(frozen=True, slots=True)
class _Keeper:
    name: str
    run: Callable[[], Awaitable[None]]


class Jobs:
    """Every kind of work of this process.

    ``register`` before ``start``; ``hint`` in the transaction that commits a row with work to do.
    """

    def __init__(self, database: Database, broker: AsyncBroker | None = None, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self._broker = broker or InMemoryBroker()
        self._jobs: dict[str, Job] = {}
        self._keepers: list[_Keeper] = []
        self._known: set[tuple[str, str]] = set()
        self._again: set[tuple[str, str]] = set()
        self._runs: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._look = asyncio.Event()
        self._owner: asyncio.Task[None] | None = None
        self._stopping = False

        async def told(name: str, subject: str) -> None:
            await self._told(name, subject)

        self._task = self._broker.register_task(told, task_name=TASK)

    def register(self, job: Job) -> None:
        """Make a kind of work known."""
        self._jobs[job.name] = job

    def keep_running(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Own something that runs as long as the hub, such as a watcher; it is started again if it fails."""
        self._keepers.append(_Keeper(name, run))

    def every(self, seconds: float, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Do something now and then, for the first time at the start."""

        async def repeat() -> None:
            while True:
                await run()
                await asyncio.sleep(seconds)

        self.keep_running(name, repeat)

    def hint(self, session: AsyncSession, name: str, subject: str) -> None:
        """Once this transaction is committed, say that the subject waits. May be lost; the row is not."""
        assert name in self._jobs, f"no job {name} is registered"
        after_commit(session, lambda: self._kick(name, subject))

    async def start(self) -> None:
        """Begin to work, with what an earlier process left behind."""
        await self._broker.startup()
        self._owner = asyncio.create_task(self._own(), name="jobs")

    async def stop(self) -> None:
        """Let running jobs finish for a moment, then cancel them; their rows stay."""
        self._stopping = True
        if self._runs:
            await asyncio.wait(self._runs, timeout=GRACE_S)
        for task in [*self._runs, *([self._owner] if self._owner else [])]:
            task.cancel()
        if self._owner is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._owner
        await asyncio.gather(*self._runs, return_exceptions=True)
        await self._broker.shutdown()

    async def check(self) -> None:
        """Prove that jobs run; raises JobsStopped."""
        if self._owner is None or self._owner.done():
            raise JobsStopped

    async def reconcile(self) -> None:
        """Look through the rows, and queue what waits, is not resting after a failure, and is not queued here yet."""
        now = at(self._clock.now_ns())
        for job in self._jobs.values():
            async with self._database.reading() as session:
                subjects = await job.pending(session)
                failed = await repository.failures(session, job.name) if subjects else {}
            for subject in subjects:
                rests = subject in failed and failed[subject].not_before > now
                if not rests and (job.name, subject) not in self._known:
                    await self._kick(job.name, subject)

    async def _kick(self, name: str, subject: str) -> None:
        key = (name, subject)
        if key in self._known:
            self._again.add(key)
            return
        if len(self._known) >= WAITING:
            return
        self._known.add(key)
        await self._task.kiq(name, subject)

    async def _told(self, name: str, subject: str) -> None:
        """The task behind every message of the broker; never raises."""
        if self._stopping or name not in self._jobs:
            return
        run = asyncio.create_task(self._run(self._jobs[name], subject), name=f"job {name} {subject}")
        self._runs.add(run)
        try:
            await asyncio.wait({run})
        finally:
            self._runs.discard(run)

    async def _run(self, job: Job, subject: str) -> None:
        key = (job.name, subject)
        try:
            async with self._slots:
                self._again.discard(key)
                await self._attempt(job, subject)
        finally:
            self._known.discard(key)
        if key in self._again or len(self._known) < WAITING // 2:
            self._again.discard(key)
            self._look.set()

    async def _attempt(self, job: Job, subject: str) -> None:
        async with self._database.reading() as session:
            failed = await repository.failure(session, job.name, subject)
        attempt = failed.attempts + 1 if failed else 1
        try:
            await job.run(JobContext(attempt), subject)
        except Exception as error:
            if attempt == 1:
                log.exception("job failed", job=job.name, subject=subject)
            await self._remember(job.name, subject, attempt, error)
            return
        if failed:
            log.info("job succeeded after failures", job=job.name, subject=subject, attempts=attempt)
            async with self._database.transaction() as session:
                await repository.forget_failure(session, job.name, subject)

    async def _remember(self, name: str, subject: str, attempt: int, error: Exception) -> None:
        not_before = at(self._clock.now_ns() + round(delay_s(attempt) * NS_PER_S))
        async with self._database.transaction() as session:
            await repository.remember_failure(
                session, name, subject, attempts=attempt, error=repr(error)[:2_000], not_before=not_before
            )

    async def _own(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reconcile_again_and_again())
            for keeper in self._keepers:
                group.create_task(self._keep(keeper), name=keeper.name)

    async def _reconcile_again_and_again(self) -> None:
        while True:
            self._look.clear()
            try:
                await self.reconcile()
            except Exception:
                log.exception("looking for waiting jobs failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RECONCILE_S):
                    await self._look.wait()

    async def _keep(self, keeper: _Keeper) -> None:
        while True:
            try:
                await keeper.run()
                return
            except Exception:
                log.exception("a background task failed; it starts again", task=keeper.name)
            await asyncio.sleep(5)
