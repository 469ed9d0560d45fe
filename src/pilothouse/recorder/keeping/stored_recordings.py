"""The outbox as retention sees it: recordings that have a file, pins, and facts that outlive a run."""

from __future__ import annotations

from collections.abc import Mapping

from pilothouse.recorder.keeping.retention import Stored
from pilothouse.recorder.outbox.database import OutboxDatabase
from pilothouse.recorder.outbox.outbox import CaptureState

# Of what was removed without a word: the hub has it, so nothing is lost, and should the file come back it stays.
GONE = "its file is gone; the hub has it"

_KEPT = (CaptureState.SEALED, CaptureState.DELIVERING, CaptureState.DELIVERED)


class StoredRecordings:
    """Thread-safe; every change is on disk when its method returns."""

    def __init__(self, database: OutboxDatabase) -> None:
        self._database = database

    def all(self) -> list[Stored]:
        """In the order they were asked for, whatever the clock said then."""
        rows = self._database.rows(
            "SELECT session_id, size_bytes, coalesce(steady_ns, requested_at_ns), state, pinned FROM captures"
            " WHERE size_bytes IS NOT NULL AND state IN (?, ?, ?) ORDER BY rowid",
            _KEPT,
        )
        return [
            Stored(
                session_id=session_id, size_bytes=size_bytes, made_ns=made_ns, is_pinned=bool(pinned),
                is_delivered=state == CaptureState.DELIVERED, is_busy=state == CaptureState.DELIVERING,
            )
            for session_id, size_bytes, made_ns, state, pinned in rows
        ]  # fmt: skip

    def remove(self, one: Stored, why: str) -> bool:
        """Note that it is removed; False when it was pinned or is on its way by now."""
        state = CaptureState.DELIVERED if one.is_delivered else CaptureState.SEALED
        with self._database.transaction() as run:
            changed = run(
                "UPDATE captures SET state = ?, why = ? WHERE session_id = ? AND state = ? AND NOT pinned",
                (CaptureState.REMOVED, why, one.session_id, state),
            )
            return bool(changed.rowcount)

    def was_removed(self, session_id: str) -> bool:
        """Whether its file is to be gone."""
        return bool(
            self._database.rows(
                "SELECT 1 FROM captures WHERE session_id = ? AND state = ? AND why != ?",
                (session_id, CaptureState.REMOVED, GONE),
            )
        )

    def pin(self, session_id: str, *, is_pinned: bool) -> bool:
        """Keep it from being removed, or let it go again; False when there is no such file."""
        with self._database.transaction() as run:
            changed = run(
                "UPDATE captures SET pinned = ? WHERE session_id = ? AND size_bytes IS NOT NULL AND state != ?",
                (is_pinned, session_id, CaptureState.REMOVED),
            )
            return bool(changed.rowcount)

    def fact(self, name: str) -> int | None:
        rows = self._database.rows("SELECT value FROM facts WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else None

    def keep_facts(self, facts: Mapping[str, int]) -> None:
        with self._database.transaction() as run:
            for name, value in facts.items():
                run("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
