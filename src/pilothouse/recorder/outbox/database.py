"""The connection to ``outbox.db``: whoever keeps something there says what, this says how."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pilothouse.kit.errors import Unavailable
from pilothouse.recorder.outbox.schema import bring_up_to_date

Run = Callable[..., Any]
"""Executes one statement within a transaction."""


class OutboxUnwritable(Unavailable):
    """The outbox cannot be written ({reason}): free some space on its disk, or make it writable."""


class OutboxDatabase:
    """Thread-safe; a transaction is on disk when its block has ended."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        # A trigger must survive a power cut too; captures are rare enough to pay for it.
        self.connection.execute("PRAGMA synchronous = FULL")
        bring_up_to_date(self.connection, path)
        # Readers must not wait for a writer that waits for the disk.
        self._reading = threading.Lock()
        self._reader = sqlite3.connect(path, check_same_thread=False, isolation_level=None)

    def close(self) -> None:
        with self.lock, self._reading:
            self._reader.close()
            self.connection.close()

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """What is on disk, also while a transaction runs."""
        with self._reading:
            return self._reader.execute(query, tuple(values)).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """All or nothing; raises OutboxUnwritable."""
        with self.lock:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield self.connection.execute
                self.connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                self._roll_back()
                full = error.sqlite_errorcode in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
                raise OutboxUnwritable(reason=error, full=full) from error
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
