"""What is answered about repairs."""

from __future__ import annotations

from pilothouse.hub.repairs.domain import RepairState
from pilothouse.wire.base import Message, Moment


class Repair(Message):
    """``recovered_id`` is the new recording that holds what was readable; ``problem`` says what was wrong, or why
    nothing could be recovered."""

    session_id: str
    state: RepairState
    asked_by: str
    asked_at: Moment
    finished_at: Moment | None
    recovered_id: str | None
    message_count: int | None
    problem: str | None
