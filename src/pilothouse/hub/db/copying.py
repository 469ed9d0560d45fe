"""Rows as lines of JSON that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, MetaData

BATCH = 500


def tables_of(connection: Connection, names: Iterable[str]) -> list[sa.Table]:
    """Those of the named tables that are there, each after those it refers to."""
    metadata = MetaData()
    there = set(sa.inspect(connection).get_table_names())
    metadata.reflect(connection, only=[name for name in names if name in there])
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.JSON):
                column.type = sa.JSON(none_as_null=True)
    return metadata.sorted_tables


def stored(table: sa.Table) -> list[sa.Column[Any]]:
    """Columns that hold something; what the database computes is computed again."""
    return [column for column in table.columns if column.computed is None]


def lines_of(connection: Connection, table: sa.Table) -> Iterator[bytes]:
    """Every row, one line each."""
    columns = stored(table)
    order = list(table.primary_key.columns)
    query = sa.select(*columns).order_by(*order).execution_options(stream_results=True, yield_per=BATCH)
    for row in connection.execute(query):
        yield json.dumps([_plain(value) for value in row], separators=(",", ":")).encode() + b"\n"


def empty(connection: Connection, tables: Sequence[sa.Table]) -> None:
    """Delete what migrations put there, what refers before what is referred to."""
    for table in reversed(tables):
        connection.execute(sa.delete(table))


def fill(connection: Connection, table: sa.Table, names: Sequence[str], lines: Iterable[bytes]) -> int:
    """Insert rows from lines; answers how many."""
    columns = [table.columns[name] for name in names]
    rows = (
        {column.name: _typed(column, value) for column, value in zip(columns, json.loads(line), strict=True)}
        for line in lines
    )
    count = 0
    while batch := list(islice(rows, BATCH)):
        connection.execute(sa.insert(table), batch)
        count += len(batch)
    return count


def last_number(connection: Connection, table: sa.Table) -> int | None:
    """The last number that the database gave out for this table's rows; None where it gives none."""
    if connection.dialect.name == "sqlite":
        if not sa.inspect(connection).has_table("sqlite_sequence"):
            return None
        query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return connection.execute(query, {"name": table.name}).scalar()
    sequence = _sequence(connection, table)
    if sequence is None:
        return None
    return connection.execute(sa.text(f"SELECT CASE WHEN is_called THEN last_value END FROM {sequence}")).scalar()  # noqa: S608


def count_on(connection: Connection, table: sa.Table, after: int | None) -> None:
    """Go on numbering rows after those that are there, and after a number that was given out before."""
    if connection.dialect.name == "sqlite":
        if after is not None and sa.inspect(connection).has_table("sqlite_sequence"):
            values = {"name": table.name, "after": after}
            moved = sa.text("UPDATE sqlite_sequence SET seq = max(seq, :after) WHERE name = :name")
            if not connection.execute(moved, values).rowcount:
                connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :after)"), values)
        return
    sequence = _sequence(connection, table)
    if sequence is not None:
        (key,) = table.primary_key.columns
        highest = connection.execute(sa.select(sa.func.max(key))).scalar() or 0
        if (last := max(highest, after or 0)) > 0:
            connection.execute(sa.text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})


def _sequence(connection: Connection, table: sa.Table) -> str | None:
    keys = list(table.primary_key.columns)
    if len(keys) != 1:
        return None
    query = sa.text("SELECT pg_get_serial_sequence(:table, :column)")
    found: str | None = connection.execute(query, {"table": table.name, "column": keys[0].name}).scalar()
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        # SQLite keeps times in UTC without saying so.
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value


def _typed(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, sa.DateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, sa.LargeBinary):
        return base64.b64decode(value)
    return value
