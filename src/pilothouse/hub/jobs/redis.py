"""Hints in a Redis or Valkey stream: every process takes its share, and what a killed one left is taken over."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError
from taskiq.receiver import Receiver
from taskiq_redis import RedisStreamBroker

from pilothouse.hub.jobs.queues import CONCURRENCY, GRACE_S, Run, Runs, register
from pilothouse.kit.errors import Unavailable
from pilothouse.kit.logs import get_logger

log = get_logger(__name__)

STREAM = "pilothouse:jobs"
# The stream only holds hints: were it ever cut, the rows would be found again.
STREAM_LENGTH = 100_000
# A hint that waits longer is given again; a process that is silent for longer than a claim lasts is taken for dead.
QUEUED_S = 300
CLAIM_S = 30
RENEW_S = 10.0
RETRY_S = 1.0

_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class RedisUnavailable(Unavailable):
    """Redis does not answer: {reason}; check PILOTHOUSE_REDIS_URL."""


class RedisQueue:
    """Hints that every process of the installation can take."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5)
        self._broker = RedisStreamBroker(
            url,
            queue_name=STREAM,
            consumer_group_name="pilothouse",
            consumer_id="0",
            maxlen=STREAM_LENGTH,
            xread_block=1_000,
            # More would wait here while another process has nothing to do.
            xread_count=1,
            idle_timeout=CLAIM_S * 1_000,
            unacknowledged_lock_timeout=10,
        )
        self._task = register(self._broker, self._told)
        self._runs = Runs()
        self._own = secrets.token_hex(8)
        self._ending = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self._run: Run | None = None
        self._is_failing = False

    async def start(self, run: Run) -> None:
        self._run = run
        await self.check()
        await self._broker.startup()
        self._listening = asyncio.create_task(self._listen(), name="jobs from redis")

    async def stop(self) -> None:
        self._ending.set()
        await self._runs.stop()
        if self._listening is not None:
            await asyncio.wait({self._listening}, timeout=GRACE_S)
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._broker.shutdown()
        await self._redis.aclose()

    async def check(self) -> None:
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            raise RedisUnavailable(reason=str(error) or type(error).__name__) from error

    async def has(self, job: str, subject: str) -> bool:
        try:
            return bool(await self._redis.exists(_queued(job, subject), _claim(job, subject)))
        except (RedisError, OSError) as error:
            raise RedisUnavailable(reason=str(error) or type(error).__name__) from error

    async def offer(self, job: str, subject: str) -> bool:
        try:
            if await self._redis.set(_queued(job, subject), self._own, nx=True, ex=QUEUED_S):
                await self._task.kiq(job, subject)
        except Exception as error:
            raise RedisUnavailable(reason=str(error) or type(error).__name__) from error
        return True

    async def _listen(self) -> None:
        with ThreadPoolExecutor(max_workers=1) as unused:
            while not self._ending.is_set():
                receiver = Receiver(
                    self._broker,
                    unused,
                    max_async_tasks=CONCURRENCY,
                    run_startup=False,
                    wait_tasks_timeout=GRACE_S,
                )
                try:
                    await self._broker._declare_consumer_group()  # a Redis that lost its memory has no group
                    await receiver.listen(self._ending)
                except Exception as error:  # noqa: BLE001 - whatever breaks it, listening goes on
                    self._fails(error)
                    await asyncio.sleep(RETRY_S)

    def _fails(self, error: Exception) -> None:
        if not self._is_failing:
            log.error("jobs from redis cannot be taken; trying again until it answers", reason=repr(error))
        self._is_failing = True

    async def _told(self, job: str, subject: str) -> None:
        if self._is_failing:
            log.info("jobs are taken from redis again")
            self._is_failing = False
        await self._runs.carry_out(lambda: self._work(job, subject))

    async def _work(self, job: str, subject: str) -> None:
        assert self._run is not None
        # From here on a new hint means a new look, for this one may have come too early.
        await self._redis.delete(_queued(job, subject))
        async with self._claimed(_claim(job, subject)) as is_ours:
            if is_ours:
                await self._run(job, subject)

    @asynccontextmanager
    async def _claimed(self, key: str) -> AsyncIterator[bool]:
        """Keep other processes from the same work; they find the row again if it still waits afterwards."""
        if not await self._redis.set(key, self._own, nx=True, ex=CLAIM_S):
            yield False
            return
        renewing = asyncio.create_task(self._renew(key))
        try:
            yield True
        finally:
            renewing.cancel()
            await self._redis.eval(_RELEASE, 1, key, self._own)

    async def _renew(self, key: str) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                await self._redis.expire(key, CLAIM_S)
            except (RedisError, OSError):
                log.warning("a claim could not be renewed; another process may do the same work", claim=key)


def _queued(job: str, subject: str) -> str:
    return f"pilothouse:queued:{job}:{subject}"


def _claim(job: str, subject: str) -> str:
    return f"pilothouse:claim:{job}:{subject}"
