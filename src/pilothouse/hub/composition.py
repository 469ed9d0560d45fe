"""What every slice is given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pilothouse.hub.db import Database
from pilothouse.hub.db.answers import forget_expired
from pilothouse.hub.events import Events
from pilothouse.hub.jobs import Jobs
from pilothouse.hub.settings import HubSettings
from pilothouse.hub.storage import Storage
from pilothouse.kit.clock import Clock, SystemClock, at
from pilothouse.kit.errors import BadConfiguration

FORGET_EVERY_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Hub:
    """The composed object: slices take from it what they need and build nothing themselves."""

    settings: HubSettings
    database: Database
    storage: Storage
    events: Events
    jobs: Jobs
    clock: Clock

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Hub]:
        """Migrated and at work until the block ends."""
        try:
            await self.database.migrate()
            await self.jobs.start()
            yield self
            await self.jobs.stop()
        finally:
            await self.database.close()


def compose(settings: HubSettings, *, clock: Clock | None = None) -> Hub:
    """Build everything, start nothing."""
    clock = clock or SystemClock()
    _make(settings.data)
    database = Database(settings.database_address)
    jobs = Jobs(database, clock=clock)

    async def forget_answers() -> None:
        async with database.transaction() as session:
            await forget_expired(session, at(clock.now_ns()))

    jobs.every(FORGET_EVERY_S, "forget answers", forget_answers)
    return Hub(
        settings=settings,
        database=database,
        storage=Storage.local(settings.data),
        events=Events(database, clock=clock),
        jobs=jobs,
        clock=clock,
    )


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfiguration(problem=f"cannot use {directory}: {error.strerror}; check --data") from None
