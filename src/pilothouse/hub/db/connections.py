"""Connections to SQLite that cross to their thread and back once for each statement.

Each crossing costs more than most statements: a cursor, its execution, its rows and its end are one of them here, and
so is the beginning of a transaction with its first statement.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import aiosqlite

Description: TypeAlias = tuple[tuple[str, None, None, None, None, None, None], ...]


_ending: set[asyncio.Future[Any]] = set()
# A thread that is in a query ends after it.
_ENDS_S = 2.0


async def threads_ended() -> None:
    """Until the threads of given up connections have ended: they answer into the loop, which must be open."""
    loop = asyncio.get_running_loop()
    if own := [future for future in _ending if future.get_loop() is loop]:
        await asyncio.wait(own, timeout=_ENDS_S)


class Connection(aiosqlite.Connection):
    """Stopped once, however often it is told to; whoever tells it waits for the same end.

    A query whose task is cancelled has its connection closed, and stopped if the task is cancelled once more meanwhile.
    The second stop would wait for ever for a thread that has ended with the first.
    """

    only_reads = False
    _stopped: tuple[asyncio.Future[Any] | None] | None = None
    _begin: str | None = None

    def stop(self) -> asyncio.Future[Any] | None:
        if self._stopped is None:
            future = super().stop()
            self._stopped = (future,)
            if future is not None:
                _ending.add(future)
                future.add_done_callback(_ending.discard)
        return self._stopped[0]

    def begin(self, statement: str) -> None:
        """Begin a transaction with the next statement."""
        self._begin = statement

    async def run(self, many: bool, sql: str, parameters: Any) -> _Outcome:
        """Everything about one statement."""
        begin, self._begin = self._begin, None
        outcome: _Outcome = await self._execute(_run, self._connection, begin, many, sql, parameters)  # type: ignore[no-untyped-call]
        return outcome

    def cursor(self) -> Cursor:  # type: ignore[override]
        return Cursor(self)

    async def commit(self) -> None:
        if self._begin is None:
            await super().commit()
        self._begin = None

    async def rollback(self) -> None:
        if self._begin is not None:
            self._begin = None
        elif not self.only_reads:
            await super().rollback()
        elif self._connection is not None:
            # Nothing can be wrong with the end of reading: whatever comes next waits for it in the thread.
            self._tx.put_nowait((None, self._connection.rollback))


class Cursor(aiosqlite.Cursor):
    """One statement at a time, whose rows are here when it has been executed."""

    def __init__(self, connection: Connection) -> None:
        self._running_on = connection
        self._outcome = _NOTHING

    async def __aenter__(self) -> Cursor:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Cursor:
        self._outcome = await self._running_on.run(False, sql, parameters or ())
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Cursor:
        self._outcome = await self._running_on.run(True, sql, parameters)
        return self

    async def fetchall(self) -> Iterable[sqlite3.Row]:
        return self._outcome[0]

    async def close(self) -> None:
        self._outcome = (self._outcome[0], None, *self._outcome[2:])

    @property
    def description(self) -> Description:
        return self._outcome[1]  # type: ignore[return-value]

    @property
    def rowcount(self) -> int:
        return self._outcome[2]

    @property
    def lastrowid(self) -> int | None:
        return self._outcome[3]


_Outcome: TypeAlias = tuple[Sequence[Any], Description | None, int, int | None]
_NOTHING: _Outcome = ((), None, -1, None)


def _run(connection: sqlite3.Connection, begin: str | None, many: bool, sql: str, parameters: Any) -> _Outcome:
    if begin is not None:
        connection.execute(begin)
    cursor = connection.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(sql, parameters)
        rows = cursor.fetchall() if cursor.description else ()
        return rows, cursor.description, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()
