"""The one place that begins and commits transactions."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.pool import QueuePool

from pilothouse.hub.db.connections import threads_ended
from pilothouse.hub.db.engine import Engines, make_engines, parse_url
from pilothouse.hub.db.migrate import Migrations
from pilothouse.hub.db.problems import in_our_words
from pilothouse.kit.logs import get_logger

log = get_logger(__name__)

_BEFORE = "pilothouse.before_commit"
_AT_THE_VERY_END = "pilothouse.at_the_very_end"
_AFTER = "pilothouse.after_commit"
_VERSIONS = {"sqlite": text("SELECT sqlite_version()"), "postgresql": text("SHOW server_version")}


def before_commit(
    session: AsyncSession, callback: Callable[[AsyncSession], Awaitable[None]], *, at_the_very_end: bool = False
) -> None:
    """Do something last thing in this transaction, for what should be locked as shortly as possible.

    What is done ``at_the_very_end`` comes after everything else, whoever asked first: two transactions that lock the
    same things in different orders would wait for each other.
    """
    session.info.setdefault(_AT_THE_VERY_END if at_the_very_end else _BEFORE, []).append(callback)


def after_commit(session: AsyncSession, callback: Callable[[], object]) -> None:
    """Do something once this transaction is committed, never if it is not; may be a coroutine function.

    What it does may be lost when the process dies in between, so it must only be a hint about committed rows.
    """
    session.info.setdefault(_AFTER, []).append(callback)


class Database:
    """A database by its address; services take the sessions it gives out.

    ``async with database.transaction() as session`` writes and commits at its end; ``database.reading()`` sees one
    state of the database and cannot write.
    """

    def __init__(self, address: str) -> None:
        self.url = parse_url(address)
        self.migrations = Migrations(self.url)
        self._engines: Engines = make_engines(self.url)
        self.session_info: dict[str, object] = {}
        """What every session of this database carries in its ``info``: for parts that all transactions take part in."""
        self._writing = async_sessionmaker(self._engines.writing, expire_on_commit=False, info=self.session_info)
        self._reading = async_sessionmaker(self._engines.reading, expire_on_commit=False, autoflush=False)
        # SQLite has one writer. Waiting here is fair and cheap; waiting inside SQLite is polling, and can starve.
        self._writer = asyncio.Lock() if self._engines.single_writer else None
        self._writer_task: asyncio.Task[object] | None = None

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.url.get_backend_name()

    async def version(self, session: AsyncSession) -> str:
        """Of the database itself, such as ``3.45.1``."""
        return str((await session.execute(_VERSIONS[self.dialect])).scalar_one())

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session that may write; committed at the end of the block, rolled back if the block raises."""
        async with self._turn():
            with in_our_words():
                async with self._writing() as session:
                    yield session
                    for moment in (_BEFORE, _AT_THE_VERY_END):
                        for callback in session.info.pop(moment, []):
                            await callback(session)
                    await session.commit()
        await _tell(session)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads; takes a connection at its first query and returns it at the end of the block."""
        with in_our_words():
            async with self._reading() as session:
                yield session

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._writer is None:
            yield
            return
        if self._writer_task is not None and self._writer_task is asyncio.current_task():
            raise RuntimeError("a transaction inside a transaction would wait for itself; pass the session on")
        async with self._writer:
            self._writer_task = asyncio.current_task()
            try:
                yield
            finally:
                self._writer_task = None

    @property
    def connections_in_use(self) -> int:
        """How many sessions hold a connection at the moment."""
        pools = {engine.pool for engine in (self._engines.writing, self._engines.reading)}
        return sum(pool.checkedout() for pool in pools if isinstance(pool, QueuePool))

    async def ping(self) -> None:
        """Prove that the database answers; raises DatabaseUnavailable."""
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    async def migrate(self) -> None:
        """Bring the tables to the newest revision; safe when several processes do so at once."""
        await self.migrations.up()

    async def check_migrated(self) -> None:
        """Raise NotMigrated unless the tables are at the newest revision."""
        async with self.reading() as session:
            await self.migrations.check(session)

    async def close(self) -> None:
        await self._engines.dispose()
        await threads_ended()


async def _tell(session: AsyncSession) -> None:
    for callback in session.info.pop(_AFTER, []):
        try:
            outcome = callback()
            if inspect.isawaitable(outcome):
                await outcome
        except Exception:  # the rows are committed: a lost hint is repaired later, a failed answer would be a lie
            log.exception("a callback after a commit failed")
