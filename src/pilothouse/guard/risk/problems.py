"""What can be wrong with the risk log."""

from __future__ import annotations

from pilothouse.kit.errors import Invalid, NotFound, Unavailable


class NoSuchEvent(NotFound):
    """The risk log has no event {event_id}; it never had one, or it was old enough to go."""


class ContradictoryFilters(Invalid):
    """{one} and {other} contradict each other; send one of them."""


class RiskLogUnreadable(Unavailable):
    """The risk log {path} cannot be read: {reason}."""
