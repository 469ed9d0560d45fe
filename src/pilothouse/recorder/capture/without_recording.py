"""What asked for a recording and got none, for whoever is not on the robot."""

from __future__ import annotations

from pilothouse.kit.clock import at
from pilothouse.recorder.outbox.database import OutboxDatabase
from pilothouse.recorder.outbox.outbox import CaptureState
from pilothouse.wire import NoRecording

MOST = 100


def without_recording(database: OutboxDatabase, since_ns: int) -> list[NoRecording]:
    """Rows that say why there is none, newest first; since when is of the robot's clock."""
    rows = database.rows(
        "SELECT session_id, label, reason, why, fired_at_ns, more, last_fired_at_ns FROM captures"
        " WHERE state = ? AND requested_at_ns >= ? ORDER BY requested_at_ns DESC LIMIT ?",
        (CaptureState.REFUSED, since_ns, MOST),
    )
    return [
        NoRecording(
            session_id=session_id, label=label, reason=reason, why=why or "", fired_at=at(fired_at_ns), more=more,
            last_fired_at=None if last_fired_at_ns is None else at(last_fired_at_ns),
        )
        for session_id, label, reason, why, fired_at_ns, more, last_fired_at_ns in rows
    ]  # fmt: skip
