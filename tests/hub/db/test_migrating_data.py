"""What stood in the tables at any earlier revision is still there at the newest."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Column, MetaData, Table, func, insert, inspect, select
from sqlalchemy.engine import Connection
from sqlalchemy.types import JSON, Boolean, Date, DateTime, Float, Integer, LargeBinary, String

import pilothouse.hub.app  # every table of every slice
from pilothouse.hub.db import Database
from pilothouse.hub.db.engine import sqlite_url
from pilothouse.hub.db.migrate import SCRIPTS
from tests.support.postgres import Postgres

pytestmark = pytest.mark.anyio

assert pilothouse.hub.app


def _revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return sorted(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())[:-1]


@pytest.fixture
def empty_address(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if dialect == "sqlite":
        return sqlite_url(tmp_path / "hub.db")
    server: Postgres = request.getfixturevalue("postgres")
    return server.new(migrated=False)


@pytest.mark.parametrize("revision", _revisions())
async def test_rows_of_an_earlier_revision_are_there_at_the_newest(revision: str, empty_address: str) -> None:
    database = Database(empty_address)
    try:
        await database.migrations.up(revision)
        async with database.transaction() as session:
            before = await (await session.connection()).run_sync(_fill)

        await database.migrate()

        await database.check_migrated()
        async with database.reading() as session:
            after = await (await session.connection()).run_sync(_count)
    finally:
        await database.close()
    assert sum(before.values()) >= len(before) > 0
    assert {table: after.get(table) for table in before} == before


def _tables(connection: Connection) -> list[Table]:
    """Those of the hub: not what a database keeps for searching."""
    metadata = MetaData()
    found = inspect(connection).get_table_names()
    names = [name for name in found if "search" not in name and name != "alembic_version"]
    metadata.reflect(connection, only=names)
    return list(metadata.sorted_tables)


def _fill(connection: Connection) -> dict[str, int]:
    """Two rows in every table, as far as it has not one from the beginning; how many there are.

    What other tables refer to is filled in any case: they refer to what is made here.
    """
    tables = _tables(connection)
    referred_to = {key.column.table.name for table in tables for key in table.foreign_keys}
    for table in tables:
        if table.name in referred_to or not connection.scalar(select(func.count()).select_from(table)):
            for number in (1, 2):
                # What the database makes by itself is not given to it.
                given = [column for column in table.columns if column.computed is None]
                values = {column.name: _value(table, column, number) for column in given}
                connection.execute(insert(table).values(**values))
    return _count(connection)


def _count(connection: Connection) -> dict[str, int]:
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in _tables(connection)
    }


def _value(table: Table, column: Column[Any], number: int) -> object:
    allowed = _allowed(table, column)
    if allowed:
        return allowed[0]
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column
        # A row that refers twice to the same table refers to both of its rows.
        columns = [one for one in table.columns if any(key.column is target for key in one.foreign_keys)]
        return _value(target.table, target, number if columns.index(column) % 2 == 0 else 3 - number)
    kind = column.type
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, DateTime):
        return datetime(2026, 5, 12, 8, 42, number, tzinfo=UTC)
    if isinstance(kind, Date):
        return date(2026, 5, number)
    if isinstance(kind, JSON):
        return _document(column.name)
    if isinstance(kind, Integer):
        return number
    if isinstance(kind, Float):
        return 1.5
    if isinstance(kind, LargeBinary):
        return b"x"
    return f"{number}arm"[: kind.length] if isinstance(kind, String) else None


def _document(name: str) -> object:
    """What columns of this name hold, as far as a migration looks into them."""
    if name == "channels":
        return [{"topic": "/x", "message_count": 3, "message_type": "t", "encoding": "json", "rate_hz": 1.0}]
    if name == "trigger":
        return {"rule": "stall", "kind": "stall", "topic": "/x", "value": 0.0, "fired_at_ns": 1}
    return [] if name.endswith("s") and name not in ("drops", "versions", "facts") else {}


def _allowed(table: Table, column: Column[Any]) -> list[str]:
    """The values that a check of the column lets in."""
    for check in table.constraints:
        if isinstance(check, CheckConstraint):
            text = str(check.sqltext)
            if re.match(rf"\W*{column.name}\b", text):
                return re.findall(r"'([^']*)'", text)
    return []
