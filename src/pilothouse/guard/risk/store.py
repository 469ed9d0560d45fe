"""``risk.db``: one row per event. Writing is one thread's; reading opens a connection of its own each time."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from pilothouse.guard.risk.filters import SEVERITY, Filter
from pilothouse.guard.risk.problems import NoSuchEvent, RiskLogUnreadable
from pilothouse.kit.logs import get_logger
from pilothouse.wire.risk_event import RiskLevel

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp REAL NOT NULL, level INTEGER NOT NULL, outcome TEXT NOT NULL,
  failure_type TEXT, total_ms REAL NOT NULL, event TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS events_by_time ON events (timestamp);
CREATE INDEX IF NOT EXISTS events_by_outcome ON events (outcome, id);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
PRAGMA user_version = 1;
"""
PAGE_ROWS = 500
# A trim is one transaction: so many rows of it keep others waiting for some milliseconds only.
MOST_TRIMMED = 5_000
BUSY_S = 5.0

log = get_logger(__name__)


class NewEvent(NamedTuple):
    """A row to write; ``event`` is its JSON without the number that the row will have."""

    timestamp: float
    level: int
    outcome: str
    failure_type: str | None
    total_ms: float
    event: str


class StoredEvent(NamedTuple):
    """A row; ``event`` is its JSON without its number."""

    id: int
    timestamp: float
    event: str

    @property
    def document(self) -> str:
        """The event as JSON, with its number."""
        return f'{{"event_id":{self.id},{self.event[1:]}'


class Statistics(NamedTuple):
    """Of everything in the log."""

    total: int
    rejected: int
    clamped: int
    by_risk_level: dict[str, int]
    avg_latency_ms: float | None


class EventWriter:
    """The connection that writes. Raises sqlite3.Error; nothing of a batch is then stored."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _opened_for_writing(path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            put_aside(path, reason=str(error))
            self._connection = _opened_for_writing(path)
        self._connection.execute("INSERT OR IGNORE INTO facts VALUES ('log_id', ?)", (secrets.token_hex(8),))
        ((self.row_count,),) = self._connection.execute("SELECT count(*) FROM events")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def add(self, events: Sequence[NewEvent]) -> None:
        """Store events in one transaction."""
        with _transaction(self._connection) as connection:
            connection.executemany(
                "INSERT INTO events (timestamp, level, outcome, failure_type, total_ms, event)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                events,
            )
        self.row_count += len(events)

    def trim(self, *, max_rows: int, older_than_s: float) -> int:
        """Delete what is too old, then what is too much: rejected cycles last. How many went."""
        with _transaction(self._connection) as connection:
            aged = "SELECT id FROM events WHERE timestamp < ? ORDER BY timestamp LIMIT ?"
            gone = _delete(connection, aged, (older_than_s, MOST_TRIMMED))
            for outcomes in ("'pass', 'clamp'", "'reject'"):
                excess = min(self.row_count - gone - max_rows, MOST_TRIMMED - gone)
                if excess > 0:
                    oldest = f"SELECT id FROM events WHERE outcome IN ({outcomes}) ORDER BY id LIMIT ?"  # noqa: S608
                    gone += _delete(connection, oldest, (excess,))
        self.row_count -= gone
        return gone


def is_damage(error: Exception) -> bool:
    """Whether the database itself is broken; a full disk or another writer are not that."""
    return type(error) is sqlite3.DatabaseError


def put_aside(path: Path, *, reason: str) -> None:
    """A log that is damaged must not keep the guard from writing the next one; what it holds is kept, for recovery."""
    aside = path.with_name(f"{path.name}.damaged-{secrets.token_hex(4)}")
    path.rename(aside)
    with suppress(FileNotFoundError):
        path.with_name(f"{path.name}-wal").rename(f"{aside}-wal")
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    log.error("risk log is damaged and was put aside", path=str(aside), reason=reason)


def _opened_for_writing(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=BUSY_S)
    try:
        # A power cut may take the last moments; `kill -9` takes nothing that was stored.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


class _transaction:  # noqa: N801 - reads as a verb
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _delete(connection: sqlite3.Connection, which: str, values: tuple[object, ...]) -> int:
    return connection.execute(f"DELETE FROM events WHERE id IN ({which})", values).rowcount  # noqa: S608 - our own words


class EventReader:
    """What is in the log; any thread may ask. Before the first event there is nothing, which is no problem."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self, wanted: Filter, limit: int) -> list[StoredEvent]:
        """The newest matching events, newest first."""
        condition, values = wanted.condition()
        query = f"SELECT id, timestamp, event FROM events WHERE {condition} ORDER BY id DESC LIMIT ?"  # noqa: S608
        return [StoredEvent(*row) for row in self._rows(query, (*values, limit))]

    def get(self, event_id: int) -> StoredEvent:
        """One event; raises NoSuchEvent."""
        rows = self._rows("SELECT id, timestamp, event FROM events WHERE id = ?", (event_id,))
        if not rows:
            raise NoSuchEvent(event_id=event_id)
        return StoredEvent(*rows[0])

    def after(self, event_id: int, limit: int = PAGE_ROWS) -> list[StoredEvent]:
        """The events that follow one, oldest first."""
        query = "SELECT id, timestamp, event FROM events WHERE id > ? ORDER BY id LIMIT ?"
        return [StoredEvent(*row) for row in self._rows(query, (event_id, limit))]

    def pages(self) -> Iterator[list[StoredEvent]]:
        """Everything, oldest first, some hundred at a time; the log may grow and be trimmed meanwhile."""
        ((last,),) = self._rows("SELECT max(id) FROM events") or [(None,)]
        position = 0
        while last is not None and position < last:
            page = [one for one in self.after(position) if one.id <= last]
            if not page:
                return
            yield page
            position = page[-1].id

    def statistics(self) -> Statistics:
        """How many there are of each kind."""
        query = "SELECT outcome, level, count(*), sum(total_ms) FROM events GROUP BY outcome, level"
        rows = self._rows(query)
        levels = {level.value: 0 for level in RiskLevel}
        names = {number: level.value for level, number in SEVERITY.items()}
        outcomes = dict.fromkeys(("pass", "clamp", "reject"), 0)
        latency_ms = 0.0
        for outcome, level, count, total_ms in rows:
            outcomes[outcome] += count
            levels[names[level]] += count
            latency_ms += total_ms
        total = sum(outcomes.values())
        return Statistics(total, outcomes["reject"], outcomes["clamp"], levels, latency_ms / total if total else None)

    def fact(self, name: str) -> str | None:
        """Something remembered beside the events."""
        rows = self._rows("SELECT value FROM facts WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def remember(self, name: str, value: str) -> None:
        """Remember something beside the events; on the disk when this returns."""
        with closing(sqlite3.connect(self._path, timeout=BUSY_S)) as connection, connection:
            connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        if not self._path.exists():
            return []
        try:
            address = f"{self._path.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(address, uri=True, timeout=BUSY_S)) as connection:
                return connection.execute(query, tuple(values)).fetchall()
        except sqlite3.Error as error:
            if "no such table" in str(error):
                return []
            raise RiskLogUnreadable(path=self._path, reason=error) from error
