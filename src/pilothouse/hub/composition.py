"""What every slice is given."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pilothouse.hub.audit import AnchorFile, Audit
from pilothouse.hub.db import Database
from pilothouse.hub.db.answers import forget_expired
from pilothouse.hub.events import Bus, Events
from pilothouse.hub.jobs import Jobs
from pilothouse.hub.jobs.queues import Queue
from pilothouse.hub.settings import DATABASE_FILE, HubSettings
from pilothouse.hub.storage import Storage
from pilothouse.kit.clock import Clock, SystemClock, at
from pilothouse.kit.errors import BadConfiguration, Invalid, Problem

FORGET_EVERY_S = 3_600.0
# What was committed and never told, by a process that died in between, reaches subscribers after so long.
COMPARE_EVERY_S = 5.0
# In a data directory while a backup is put back: a hub with half of it would look like one that lost the rest.
UNFINISHED = "restore-unfinished"


class RestoreUnfinished(Invalid):
    """A restore into {directory} has not come to its end: wait for it, or restore again, which begins anew."""


@dataclass(frozen=True, slots=True)
class Hub:
    """The composed object: slices take from it what they need and build nothing themselves."""

    settings: HubSettings
    database: Database
    storage: Storage
    events: Events
    jobs: Jobs
    audit: Audit
    clock: Clock

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Hub]:
        """Migrated and at work until the block ends."""
        try:
            await self.database.migrate()
            await self.jobs.start()
            try:
                yield self
            finally:
                await self.jobs.stop()
        finally:
            await self.database.close()


def compose(settings: HubSettings, *, clock: Clock | None = None) -> Hub:
    """Build everything, start nothing."""
    clock = clock or SystemClock()
    _make(settings)
    database = Database(settings.database_address)
    bus, queue = _through_redis(settings)
    hub = Hub(
        settings=settings,
        database=database,
        storage=_storage(settings),
        events=Events(database, bus, clock),
        jobs=Jobs(database, queue, clock),
        audit=Audit(database, clock, AnchorFile(settings.data)),
        clock=clock,
    )
    hub.jobs.every(FORGET_EVERY_S, "forget answers", lambda: _forget_answers(hub))
    hub.jobs.every(COMPARE_EVERY_S, "wake subscribers", hub.events.wake_those_behind)
    hub.jobs.keep_running("hear other processes", hub.events.bus.listen)
    return hub


def _storage(settings: HubSettings) -> Storage:
    if settings.storage_url is None:
        return Storage.local(settings.data)
    try:
        return Storage.at(settings.storage_url.get_secret_value())
    except Problem as problem:
        raise BadConfiguration(problem=f"PILOTHOUSE_STORAGE_URL: {problem.sentence}") from None


def _through_redis(settings: HubSettings) -> tuple[Bus, Queue | None]:
    if settings.redis_url is None:
        return Bus(), None
    try:
        from pilothouse.hub.events.redis import RedisBus
        from pilothouse.hub.jobs.redis import RedisQueue
    except ModuleNotFoundError as error:
        raise BadConfiguration(
            problem=f"PILOTHOUSE_REDIS_URL needs {error.name}; run: pip install 'pilothouse[redis]'"
        ) from None
    url = settings.redis_url.get_secret_value()
    try:
        return RedisBus(url), RedisQueue(url)
    except ValueError as error:
        raise BadConfiguration(problem=f"PILOTHOUSE_REDIS_URL: {error}") from None


async def _forget_answers(hub: Hub) -> None:
    async with hub.database.transaction() as session:
        await forget_expired(session, at(hub.clock.now_ns()))


def _make(settings: HubSettings) -> None:
    directory = settings.data
    if (directory / UNFINISHED).exists():
        raise RestoreUnfinished(directory=directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if settings.database_url is None:
            _make_database(directory / DATABASE_FILE)
    except OSError as error:
        raise BadConfiguration(problem=f"cannot use {directory}: {error.strerror}; check --data") from None


def _make_database(file: Path) -> None:
    """The secrets that sign webhooks are among its rows; who may look at recordings may not look at those."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # One that an older version made; a group may have been let in by whoever runs this.
        with suppress(PermissionError):
            os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) & ~stat.S_IRWXO)
    finally:
        os.close(descriptor)
