"""Engines: how connections are opened and how their transactions begin."""

from __future__ import annotations

import math
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, event, exc, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from pilothouse.hub.db.connections import Connection
from pilothouse.kit.errors import BadConfiguration

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}

# Other processes (a second hub, `pilothouse token`) hold the write lock for milliseconds; ten seconds means trouble.
BUSY_TIMEOUT_MS = 10_000
# Every connection to SQLite is a thread; more readers than this only wait for each other's pages.
SQLITE_READERS = 4
# They are opened when they are needed and kept: to open one costs the server more than most queries.
POSTGRES_WRITERS = 20
POSTGRES_READERS = 10
# A server that was restarted takes longer to come back.
TRUSTED_S = 1.0


@dataclass(frozen=True, slots=True)
class Engines:
    """One for transactions that write, one for those that only read."""

    writing: AsyncEngine
    reading: AsyncEngine
    single_writer: bool

    async def dispose(self) -> None:
        await self.reading.dispose()
        await self.writing.dispose()


def sqlite_url(path: Path) -> str:
    """The address of a database file."""
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def parse_url(address: str) -> URL:
    """An address with our asynchronous driver, whatever driver it names."""
    try:
        url = make_url(address)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the person must not see their password in a log
        raise BadConfiguration(problem="PILOTHOUSE_DATABASE_URL is not a database address") from None
    driver = DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise BadConfiguration(problem=f"PILOTHOUSE_DATABASE_URL: {url.get_backend_name()} is not sqlite or postgresql")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise BadConfiguration(problem="PILOTHOUSE_DATABASE_URL: SQLite needs a file")
    return url.set(drivername=driver)


def make_engines(url: URL) -> Engines:
    """Engines for an address from :func:`parse_url`."""
    if url.get_backend_name() == "sqlite":
        writing = sqlite_engine(url, pool_size=1, begin="BEGIN IMMEDIATE")
        reading = sqlite_engine(url, pool_size=SQLITE_READERS, begin="BEGIN", read_only=True)
        return Engines(writing, reading, single_writer=True)
    writing = postgres_engine(url, pool_size=POSTGRES_WRITERS)
    # A query sees one state by itself: a transaction around it would be two more crossings to the server and back.
    reading = postgres_engine(url, pool_size=POSTGRES_READERS, isolation_level="AUTOCOMMIT")
    event.listen(reading.sync_engine, "connect", _only_read)
    return Engines(writing, reading, single_writer=False)


def postgres_engine(url: URL, *, pool_size: int, **options: Any) -> AsyncEngine:
    """An engine whose connections are tried before they are used, unless they were used a moment ago."""
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, pool_timeout=10, **options)
    dialect = engine.dialect

    @event.listens_for(engine.sync_engine, "checkin")
    def _used(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def _try(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - record.info.get("used_at", math.inf) < TRUSTED_S:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise exc.DisconnectionError from error

    return engine


def _only_read(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    cursor.close()


def sqlite_engine(url: URL, *, pool_size: int, begin: str, read_only: bool = False) -> AsyncEngine:
    """An engine over a database file."""
    how = {"async_creator_fn": _connect}
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, pool_timeout=30, connect_args=how)
    prepare_sqlite(engine.sync_engine, begin=begin, read_only=read_only)
    return engine


def _connect(database: str, **options: Any) -> Connection:
    made = Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    made._thread.daemon = True
    return made


def prepare_sqlite(engine: Engine, *, begin: str, read_only: bool = False, foreign_keys: bool = True) -> None:
    """Let transactions begin as told; the driver's own guesses about BEGIN are switched off."""
    pragmas = [
        f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
        f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}",
        # Rows are the truth: what was answered must survive a power cut, so every commit reaches the disk.
        "PRAGMA synchronous = FULL",
    ]
    if read_only:
        pragmas.append("PRAGMA query_only = ON")

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        if isinstance(inner := getattr(connection, "driver_connection", None), Connection):
            inner.only_reads = read_only
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        inner = connection.connection.driver_connection
        if isinstance(inner, Connection):
            inner.begin(begin)
        else:
            connection.exec_driver_sql(begin)
