"""INSERT with ON CONFLICT: SQLite and PostgreSQL write it the same, SQLAlchemy has one for each."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession


def insert_into(session: AsyncSession, table: type[Any]) -> postgresql.Insert:
    """An INSERT in the words of the session's database, to be followed by ``on_conflict_do_…``."""
    return insert_in(session.get_bind().dialect.name, table)


def insert_in(dialect: str, table: type[Any]) -> postgresql.Insert:
    """The same for a statement that is made once and kept: in the words of the database of this name."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return cast("postgresql.Insert", insert(table))
