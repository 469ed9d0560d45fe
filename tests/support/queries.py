"""How many queries something costs: a list that asks once more for each row must fail a test."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from pilothouse.hub.db import Database

_NOT_QUERIES = ("BEGIN", "PRAGMA", "SAVEPOINT", "COMMIT", "ROLLBACK")


@contextmanager
def counting_queries(database: Database) -> Iterator[list[str]]:
    """Every statement that this task runs on a database within the block; what the hub does by itself is left out."""
    statements: list[str] = []
    task = asyncio.current_task()

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if asyncio.current_task() is task and not statement.lstrip().upper().startswith(_NOT_QUERIES):
            statements.append(statement)

    watched = [engine.sync_engine for engine in (database._engines.reading, database._engines.writing)]
    for engine in watched:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in watched:
            event.remove(engine, "before_cursor_execute", note)
