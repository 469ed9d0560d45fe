"""Where hints wait: in this process, or in Redis for every process of the installation."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from taskiq import AsyncBroker, InMemoryBroker
from taskiq.decor import AsyncTaskiqDecoratedTask

# Jobs that run at once in one process; most of them wait for a disk or a database.
CONCURRENCY = 4
# Hints of one kind of job that may wait in one process; more are dropped, for the rows remember them. They are taken in
# their order: a few that are wanted soon wait behind so many of each other kind.
WAITING = 64
# At the end running jobs may finish for so long, then they are cancelled: the next start repeats them.
GRACE_S = 1.0
TASK = "pilothouse.run"

Run = Callable[[str, str], Awaitable[None]]
"""Carries out one job on one subject; does not raise."""

# It says each message at INFO, and what a job raised a second time.
logging.getLogger("taskiq").setLevel(logging.WARNING)


class Queue(Protocol):
    """Takes hints and has them carried out, each subject by one process at a time."""

    async def start(self, run: Run) -> None: ...

    async def stop(self) -> None: ...

    async def offer(self, job: str, subject: str) -> bool:
        """A subject waits; False when there is no room for it."""
        ...

    async def has(self, job: str, subject: str) -> bool:
        """Whether the subject is waiting here or being worked on."""
        ...

    async def check(self) -> None:
        """Prove that hints are taken; raises Unavailable."""
        ...


def register(broker: AsyncBroker, told: Run) -> AsyncTaskiqDecoratedTask[[str, str], Coroutine[Any, Any, None]]:
    """Make a method the task behind every message of a broker, which insists on a plain function."""

    async def run(name: str, subject: str) -> None:
        await told(name, subject)

    return broker.register_task(run, task_name=TASK)


class Runs:
    """The jobs that run in this process; they end with it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self.is_stopping = False

    def __len__(self) -> int:
        return len(self._tasks)

    async def carry_out(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for a slot, then do the work; the end of the process cancels it, whoever waits for it."""
        if self.is_stopping:
            return

        async def in_a_slot() -> None:
            async with self._slots:
                await work()

        task = asyncio.create_task(in_a_slot())
        self._tasks.add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._tasks.discard(task)

    async def stop(self) -> None:
        """Let running jobs finish for a moment, then cancel them."""
        self.is_stopping = True
        tasks = set(self._tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


class LocalQueue:
    """Hints that live and die with this process."""

    def __init__(self) -> None:
        self._broker = InMemoryBroker()
        self._task = register(self._broker, self._told)
        self._runs = Runs()
        self._known: set[tuple[str, str]] = set()
        self._of_kind: Counter[str] = Counter()
        self._again: set[tuple[str, str]] = set()
        self._run: Run | None = None

    async def start(self, run: Run) -> None:
        self._run = run
        await self._broker.startup()

    async def stop(self) -> None:
        await self._runs.stop()
        await self._broker.wait_all()
        await self._broker.shutdown()

    async def check(self) -> None:
        pass

    async def has(self, job: str, subject: str) -> bool:
        return (job, subject) in self._known

    async def offer(self, job: str, subject: str) -> bool:
        if (job, subject) in self._known:
            # It may be running already, and have looked before what this hint is about was committed.
            self._again.add((job, subject))
            return True
        if self._of_kind[job] >= WAITING or self._runs.is_stopping:
            return False
        self._known.add((job, subject))
        self._of_kind[job] += 1
        await self._task.kiq(job, subject)
        return True

    async def _told(self, job: str, subject: str) -> None:
        key = (job, subject)
        try:
            await self._runs.carry_out(lambda: self._work(key))
        finally:
            self._known.discard(key)
            self._of_kind[job] -= 1
        if key in self._again:
            self._again.discard(key)
            await self.offer(job, subject)

    async def _work(self, key: tuple[str, str]) -> None:
        assert self._run is not None
        self._again.discard(key)
        await self._run(*key)
