"""What the hub must have first. Pure."""

from __future__ import annotations

from enum import IntEnum

GUARD_REASON = "guard"


class Urgency(IntEnum):
    """Smaller goes first; within one the oldest goes first."""

    INCIDENT = 0
    """A rule or an alert fired, whatever became of the recorder afterwards."""
    MANUAL = 1
    GUARD = 2
    """A session of the guard that nothing fired in."""
    RECOVERED = 3
    """What a killed run left behind without anybody having asked."""


def urgency_of(reason: str, *, has_trigger: bool) -> Urgency:
    """How urgent a capture is."""
    if has_trigger or reason in ("trigger", "alert"):
        return Urgency.INCIDENT
    return {GUARD_REASON: Urgency.GUARD, "recovered": Urgency.RECOVERED}.get(reason, Urgency.MANUAL)


# The same for rows, so that the database can sort by it.
URGENCY_SQL = (
    "CASE WHEN trigger IS NOT NULL OR reason IN ('trigger', 'alert') THEN 0"
    " WHEN reason = 'guard' THEN 2 WHEN reason = 'recovered' THEN 3 ELSE 1 END"
)
