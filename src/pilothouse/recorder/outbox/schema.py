"""The tables of ``outbox.db``, step by step: an outbox of any earlier version becomes one of today in place."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pilothouse.kit.errors import BadConfiguration


class OutboxTooNew(BadConfiguration):
    """{path} is of a newer Pilothouse (step {found}, this one knows {known}): install that, or give another --data."""


# A step that was released is never changed: outboxes on robots have gone through it. A change is a new step at the end.
STEPS: tuple[str, ...] = (
    # 1: captures, and what alerts and keys of the past have become
    """
CREATE TABLE IF NOT EXISTS captures (
  session_id TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, label TEXT NOT NULL,
  fired_at_ns INTEGER NOT NULL, pre_s REAL NOT NULL, post_s REAL NOT NULL, requested_at_ns INTEGER NOT NULL,
  trigger TEXT, incident_id TEXT NOT NULL, why TEXT, merged_into TEXT, leftover TEXT,
  size_bytes INTEGER, message_count INTEGER, start_ns INTEGER, end_ns INTEGER, sha256 TEXT,
  topics TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE INDEX IF NOT EXISTS captures_by_state ON captures (state, requested_at_ns);
CREATE INDEX IF NOT EXISTS captures_by_time ON captures (requested_at_ns);
CREATE TABLE IF NOT EXISTS alerts (key TEXT PRIMARY KEY, session_id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS save_keys (
  key TEXT PRIMARY KEY, body_sha256 TEXT NOT NULL, session_id TEXT NOT NULL
) STRICT;
""",
    # 2: triggers counted in one row, pins, and a time that does not jump (steady_ns) for budgets and retention
    """
ALTER TABLE captures ADD COLUMN more INTEGER NOT NULL DEFAULT 0;
ALTER TABLE captures ADD COLUMN last_fired_at_ns INTEGER;
ALTER TABLE captures ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE captures ADD COLUMN steady_ns INTEGER;
CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
""",
    # 3: what goes to the hub before and beside the bytes, and files of others that become recordings
    """
CREATE TABLE announcements (
  session_id TEXT PRIMARY KEY, urgency INTEGER NOT NULL, requested_at_ns INTEGER NOT NULL, state TEXT NOT NULL,
  body TEXT NOT NULL, why TEXT
) STRICT;
CREATE INDEX announcements_by_urgency ON announcements (state, urgency, requested_at_ns, session_id);
CREATE TABLE risk_events (
  number INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, weight INTEGER NOT NULL,
  bytes INTEGER NOT NULL, body TEXT
) STRICT;
CREATE INDEX risk_events_by_state ON risk_events (state, number);
CREATE INDEX risk_events_by_weight ON risk_events (state, weight, number);
CREATE TABLE delivery_alerts (
  alert_id TEXT PRIMARY KEY, kind TEXT NOT NULL, occurred_at_ns INTEGER NOT NULL, reason TEXT NOT NULL,
  outage_id TEXT NOT NULL, state TEXT NOT NULL
) STRICT;
CREATE TABLE adopted (
  file TEXT PRIMARY KEY, path TEXT NOT NULL, label TEXT NOT NULL, session_id TEXT NOT NULL UNIQUE,
  incident_id TEXT NOT NULL, found_at_ns INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0
) STRICT;
""",
    # 4: which incidents the sessions of the guard belong to
    """
CREATE TABLE guard_incidents (
  guard_session_id TEXT NOT NULL, at_ns INTEGER NOT NULL, incident_id TEXT NOT NULL,
  PRIMARY KEY (guard_session_id, incident_id)
) STRICT;
""",
)


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Take the steps this outbox has not taken, each whole or not at all; raises OutboxTooNew."""
    taken = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if taken > len(STEPS):
        raise OutboxTooNew(path=path, found=taken, known=len(STEPS))
    for number, step in enumerate(STEPS[taken:], taken + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
