"""States of what waits and runs, beside those that clients see."""

from __future__ import annotations

from enum import StrEnum

from pilothouse.wire.lab import LabCommandState, LabSessionState, LabTermination

LIVE = (LabSessionState.PENDING, LabSessionState.PREPARING, LabSessionState.ACTIVE)
UNFINISHED = (LabCommandState.QUEUED, LabCommandState.RUNNING)
# A command that takes its worker down with it is not tried for ever.
MOST_ATTEMPTS = 3


class Turn(StrEnum):
    """Whether a session has something for a worker to do. ``taken``: a worker is at it."""

    NONE = "none"
    WAITING = "waiting"
    TAKEN = "taken"


class ControlKind(StrEnum):
    """What the hub asks of the worker that holds a session, while a command may be running."""

    CANCEL = "cancel"
    END = "end"
    STDIN = "stdin"
    SIGNAL = "signal"
    READ = "read"
    WRITE = "write"
    COLLECT = "collect"
    DEBUG = "debug"


class ControlState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


def outcome(reason: LabTermination, exit_code: int | None) -> LabCommandState:
    """What a command came to by the way it ended."""
    if reason is LabTermination.EXIT:
        return LabCommandState.SUCCEEDED if exit_code == 0 else LabCommandState.FAILED
    if reason is LabTermination.CANCELLED:
        return LabCommandState.CANCELLED
    return LabCommandState.LOST if reason is LabTermination.LOST else LabCommandState.FAILED
