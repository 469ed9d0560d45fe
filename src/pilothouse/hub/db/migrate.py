"""Migrations, driven from code: there is no ini file to find, so an installed wheel works like a checkout."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import anyio.to_thread
import stamina
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, inspect, pool, text
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db.engine import prepare_sqlite
from pilothouse.kit.errors import Invalid, Unavailable
from pilothouse.kit.logs import get_logger

log = get_logger(__name__)

SCRIPTS = Path(__file__).with_name("migrations")
# Any constant that no other program on the same PostgreSQL is likely to use.
ADVISORY_LOCK = 7_265_011_873
# Alembic keeps the migration that is running in module variables, so one process runs one at a time.
_one_at_a_time = threading.Lock()


class NotMigrated(Unavailable):
    """The database is at revision {current}, this program needs {head}; restart the hub to migrate it."""


class NoDatabase(Unavailable):
    """The database {address} cannot be used: {reason}"""


class UnknownRevision(Invalid):
    """The database was written by another version of this program ({reason}); install that version or a newer one."""


class Migrations:
    """The way up and down for one database; several processes may take it at the same moment."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._sqlite = url.get_backend_name() == "sqlite"

    @property
    def head(self) -> str:
        """The newest revision this program knows."""
        return _head()

    async def up(self, revision: str = "head") -> None:
        """Upgrade; a second process that comes at the same time waits and finds nothing left to do."""
        await anyio.to_thread.run_sync(self._run, lambda config: command.upgrade(config, revision), revision)

    async def down(self, revision: str = "base") -> None:
        """Downgrade."""
        await anyio.to_thread.run_sync(self._run, lambda config: command.downgrade(config, revision))

    async def current(self, session: AsyncSession) -> str | None:
        """The revision the database is at; None when it has none of our tables."""
        connection = await session.connection()
        return await connection.run_sync(_revision)

    async def check(self, session: AsyncSession) -> None:
        """Raise NotMigrated unless the database is at the newest revision."""
        current = await self.current(session)
        if current != self.head:
            raise NotMigrated(current=current or "none", head=self.head)

    def up_within(self, connection: Connection, revision: str = "head") -> None:
        """Upgrade in a transaction of the caller, so that the schema comes or goes with the rows."""
        with _one_at_a_time:
            self._migrate(connection, lambda config: command.upgrade(config, revision), revision)

    def _run(self, step: Callable[[Config], None], target: str | None = None) -> None:
        engine = self._engine()
        try:
            with _one_at_a_time, engine.begin() as connection:
                self._migrate(connection, step, target)
        except exc.DBAPIError as error:
            address = self._url.render_as_string(hide_password=True)
            raise NoDatabase(address=address, reason=" ".join(str(error.orig).split())) from error
        except CommandError as error:
            raise UnknownRevision(reason=str(error)) from error
        finally:
            engine.dispose()

    def _migrate(self, connection: Connection, step: Callable[[Config], None], target: str | None) -> None:
        if not self._sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        before = _revision(connection)
        # Most starts find nothing to do: whoever runs the migrations to learn that waits for it each time.
        if before is not None and before == (self.head if target == "head" else target):
            return
        step(_config(connection))
        if self._sqlite:
            _check_foreign_keys(connection)
        after = _revision(connection)
        if before != after:
            log.info("database migrated", before=before, after=after)

    def _engine(self) -> Engine:
        if not self._sqlite:
            return create_engine(self._url, poolclass=pool.NullPool)
        assert self._url.database is not None
        Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(self._url.set(drivername="sqlite"), poolclass=pool.NullPool)
        # Batch migrations drop and recreate tables, which must not cascade; references are checked before the commit.
        prepare_sqlite(engine, begin="BEGIN IMMEDIATE", foreign_keys=False)
        event.listen(engine, "connect", _use_write_ahead_log)
        return engine


def _use_write_ahead_log(connection: Any, _record: object) -> None:
    # The switch is kept in the file. SQLite does not wait for other processes here, so we do.
    for attempt in stamina.retry_context(on=_locked, attempts=None, timeout=10, wait_initial=0.02, wait_max=0.2):
        with attempt:
            connection.execute("PRAGMA journal_mode = WAL")


def _locked(error: Exception) -> bool:
    return "locked" in str(error)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise RuntimeError(f"a migration broke a reference in table {broken[0]}, row {broken[1]}")


@cache
def known_revisions() -> frozenset[str]:
    """Every revision this program can bring a database to."""
    return frozenset(one.revision for one in ScriptDirectory.from_config(_config(None)).walk_revisions())


@cache
def _head() -> str:
    found = ScriptDirectory.from_config(_config(None)).get_current_head()
    assert found is not None
    return found


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return config
