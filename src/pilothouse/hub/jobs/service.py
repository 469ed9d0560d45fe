"""Run jobs: told by hints, reminded by the rows themselves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database, after_commit
from pilothouse.hub.jobs import repository
from pilothouse.hub.jobs.domain import Job, JobContext, delay_s
from pilothouse.hub.jobs.measure import JobMetrics
from pilothouse.hub.jobs.queues import WAITING, LocalQueue, Queue
from pilothouse.kit.clock import NS_PER_S, Clock, SystemClock, at
from pilothouse.kit.errors import Problem, Unavailable
from pilothouse.kit.logs import get_logger

log = get_logger(__name__)

# How often rows are looked through for work whose hint was lost.
RECONCILE_S = 15.0
# When more waits than the queue takes, the next look comes as soon as there may be room again.
CROWDED_S = 0.2
RESTART_S = 5.0
# What is done this seldom is about old rows: a hub that starts does first what somebody waits for.
SELDOM_S = 600.0
SETTLED_S = 30.0


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

    def __init__(self, database: Database, queue: Queue | None = None, clock: Clock | None = None) -> None:
        self._database = database
        self._queue = queue or LocalQueue()
        self._clock = clock or SystemClock()
        self._jobs: dict[str, Job] = {}
        self._keepers: list[_Keeper] = []
        self._metrics = JobMetrics(CollectorRegistry())
        self._owner: asyncio.Task[None] | None = None
        self._is_failing = False
        self._has_dropped = asyncio.Event()
        self._busy = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    def measure(self, registry: CollectorRegistry) -> None:
        """Count in a registry that is shown at `/metrics`."""
        self._metrics = JobMetrics(registry)

    def register(self, job: Job) -> None:
        """Make a kind of work known."""
        self._jobs[job.name] = job

    def keep_running(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Own something that runs as long as the hub, such as a watcher; it is started again if it fails."""
        self._keepers.append(_Keeper(name, run))

    def every(
        self, seconds: float, name: str, run: Callable[[], Awaitable[None]], *, is_waited_for: bool = False
    ) -> None:
        """Do something now and then, for the first time at the start; what is done seldom, once that is over, unless
        somebody waits for it."""

        async def repeat() -> None:
            if seconds >= SELDOM_S and not is_waited_for:
                await asyncio.sleep(SETTLED_S)
            while True:
                await run()
                await asyncio.sleep(seconds)

        self.keep_running(name, repeat)

    def hint(self, session: AsyncSession, name: str, subject: str) -> None:
        """Once this transaction is committed, say that the subject waits. May be lost; the row is not."""
        assert name in self._jobs, f"no job {name} is registered"
        after_commit(session, lambda: self._offer(name, subject))

    async def start(self) -> None:
        """Begin to work, with what an earlier process left behind."""
        await self._queue.start(self._run)
        self._owner = asyncio.create_task(self._own(), name="jobs")

    async def stop(self) -> None:
        """Let running jobs finish for a moment, then cancel them; their rows stay."""
        if self._owner is not None:
            self._owner.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._owner
        await self._queue.stop()

    async def check(self) -> None:
        """Prove that jobs run; raises Unavailable."""
        if self._owner is None or self._owner.done():
            raise JobsStopped
        await self._queue.check()

    async def idle(self) -> None:
        """Until no job runs in this process."""
        await self._is_idle.wait()

    async def reconcile(self) -> bool:
        """Look through the rows and queue what waits, is not resting after a failure, and is not queued yet; whether
        everything had room. Much work of one kind takes no room from the others."""
        return all([await self._queue_some(job) for job in self._jobs.values()])

    async def _queue_some(self, job: Job) -> bool:
        """Whether all that waits of one kind is queued now."""
        now = at(self._clock.now_ns())
        async with self._database.reading() as session:
            subjects = await job.pending(session)
            failed = await repository.failures(session, job.name) if subjects else {}
        self._metrics.waits(job.name, len(subjects))
        ready = [one for one in subjects if one not in failed or failed[one].not_before <= now]
        for subject in ready[:WAITING]:
            if not (await self._queue.has(job.name, subject) or await self._queue.offer(job.name, subject)):
                return False
        return len(ready) <= WAITING

    async def _offer(self, name: str, subject: str) -> None:
        try:
            if not await self._queue.offer(name, subject):
                self._has_dropped.set()
        except Unavailable as problem:
            self._fails(problem)

    async def _run(self, name: str, subject: str) -> None:
        job = self._jobs.get(name)
        if job is None:
            return
        self._busy += 1
        self._is_idle.clear()
        try:
            await self._attempt(job, subject)
        except Problem as problem:
            self._fails(problem)
        except Exception:
            log.exception("the outcome of a job could not be written", job=name, subject=subject)
        finally:
            self._busy -= 1
            if not self._busy:
                self._is_idle.set()

    async def _attempt(self, job: Job, subject: str) -> None:
        async with self._database.reading() as session:
            failed = await repository.failure(session, job.name, subject)
        if failed and failed.not_before > at(self._clock.now_ns()):
            return
        attempt = failed.attempts + 1 if failed else 1
        try:
            with self._metrics.timed(job.name):
                await job.run(JobContext(attempt), subject)
        except Exception as error:
            if attempt == 1:
                log.exception("job failed", job=job.name, subject=subject)
            await self._remember(job.name, subject, attempt, error)
            return
        if failed:
            log.info("job succeeded after failures", job=job.name, subject=subject, failures=failed.attempts)
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
                group.create_task(_keep(keeper), name=keeper.name)

    async def _reconcile_again_and_again(self) -> None:
        while True:
            has_room = True
            try:
                has_room = await self.reconcile()
                if self._is_failing:
                    log.info("waiting jobs are found again")
                self._is_failing = False
            except Problem as problem:
                self._fails(problem)
            except Exception:
                log.exception("looking for waiting jobs failed")
            if has_room:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RECONCILE_S):
                        await self._has_dropped.wait()
            self._has_dropped.clear()
            await asyncio.sleep(CROWDED_S)

    def _fails(self, problem: Problem) -> None:
        if not self._is_failing:
            log.error("jobs have to wait", reason=problem.sentence)
        self._is_failing = True


async def _keep(keeper: _Keeper) -> None:
    while True:
        try:
            await keeper.run()
            return
        except Exception:
            log.exception("a background task failed; it starts again", task=keeper.name)
        await asyncio.sleep(RESTART_S)
