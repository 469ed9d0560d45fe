"""A database as a whole, for one long transaction: read at one moment, or filled at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import Connection, create_engine, exc, pool

from pilothouse.hub.db.engine import parse_url, prepare_sqlite
from pilothouse.hub.db.migrate import NoDatabase


@contextmanager
def one_moment(address: str) -> Iterator[Connection]:
    """Everything as it is at one moment, whoever writes meanwhile."""
    with _engine(address, begin="BEGIN") as engine:
        if engine.dialect.name != "sqlite":
            engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with engine.begin() as connection:
            # SQLite begins to see a moment with the first thing that is read.
            connection.execute(sa.text("SELECT count(*) FROM alembic_version"))
            yield connection


@contextmanager
def all_or_nothing(address: str) -> Iterator[Connection]:
    """One transaction that writes; references are checked at its end."""
    with _engine(address, begin="BEGIN IMMEDIATE") as engine, engine.begin() as connection:
        yield connection
        if engine.dialect.name == "sqlite":
            broken = connection.execute(sa.text("PRAGMA foreign_key_check")).first()
            if broken is not None:
                raise RuntimeError(f"row {broken[1]} of table {broken[0]} refers to nothing")


def revision_of(connection: Connection) -> str:
    """The migration a database is at."""
    found: str = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
    return found


@contextmanager
def references_wait(connection: Connection) -> Iterator[None]:
    """Rows of one table may refer to each other; where the role may not switch that off, their order has to do."""
    is_superuser = connection.dialect.name != "sqlite" and (
        connection.execute(sa.text("SELECT current_setting('is_superuser')")).scalar() == "on"
    )
    if is_superuser:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
    yield
    if is_superuser:
        connection.execute(sa.text("SET LOCAL session_replication_role = origin"))


def is_empty(address: str) -> bool:
    """Whether there is no table in it."""
    with _engine(address, begin="BEGIN") as engine, engine.connect() as connection:
        return not sa.inspect(connection).get_table_names()


@contextmanager
def _engine(address: str, *, begin: str) -> Iterator[sa.Engine]:
    url = parse_url(address)
    is_sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(url.set(drivername="sqlite") if is_sqlite else url, poolclass=pool.NullPool)
    if is_sqlite:
        prepare_sqlite(engine, begin=begin, foreign_keys=False)
    try:
        yield engine
    except exc.DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise NoDatabase(address=url.render_as_string(hide_password=True), reason=reason) from error
    finally:
        engine.dispose()
