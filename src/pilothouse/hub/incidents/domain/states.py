"""States and severities, and what may follow what."""

from __future__ import annotations

from enum import StrEnum

from pilothouse.kit.errors import Conflict, Invalid, NotFound


class IncidentState(StrEnum):
    OPEN = "open"
    """Nobody has looked at it yet."""
    INVESTIGATING = "investigating"
    MITIGATED = "mitigated"
    """It does no more harm, and its cause is not removed."""
    RESOLVED = "resolved"
    DUPLICATE = "duplicate"
    WONT_FIX = "wont_fix"

    @property
    def is_closed(self) -> bool:
        return self in CLOSED


CLOSED = frozenset({IncidentState.RESOLVED, IncidentState.DUPLICATE, IncidentState.WONT_FIX})
LIVE = tuple(state for state in IncidentState if state not in CLOSED)


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class UnknownIncident(NotFound):
    """No incident with this id is known here."""


class IncidentChanged(Conflict):
    """The incident was changed since you read it: it is at version {version} now; read it again before you write."""


class StepNotAllowed(Conflict):
    """An incident that is {state} cannot become {wanted}; it can become {possible}."""


class ReasonNeeded(Invalid):
    """Say why with 'reason': an incident does not become {wanted} without one."""


class OriginalNeeded(Invalid):
    """Say with 'duplicate_of' which other incident this one repeats."""


class NothingChanges(Invalid):
    """Nothing is to be changed; give at least one field."""


# Forward in any stride; backward while it is not closed; a closed one only opens again.
_LIVE_STEPS = frozenset(IncidentState)
_STEPS: dict[IncidentState, frozenset[IncidentState]] = {
    **{state: _LIVE_STEPS - {state} for state in LIVE},
    **{state: frozenset({IncidentState.OPEN, IncidentState.INVESTIGATING}) for state in CLOSED},
}
# A repetition is worked on where its original is.
NEED_CONSENT = frozenset({IncidentState.RESOLVED, IncidentState.WONT_FIX})
_NEED_REASON = frozenset({IncidentState.DUPLICATE, IncidentState.WONT_FIX})


def check_step(state: IncidentState, wanted: IncidentState, reason: str | None) -> None:
    """Raise StepNotAllowed or ReasonNeeded; opening a closed incident again needs a reason too."""
    if wanted not in _STEPS[state]:
        possible = ", ".join(one for one in IncidentState if one in _STEPS[state])
        raise StepNotAllowed(state=state, wanted=wanted, possible=possible)
    if not reason and (wanted in _NEED_REASON or state.is_closed):
        raise ReasonNeeded(wanted=wanted)
