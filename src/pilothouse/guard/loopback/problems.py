"""What can be wrong with recorded sessions."""

from __future__ import annotations

from pilothouse.kit.errors import Invalid, NotFound


class NothingRecorded(NotFound):
    """No session is recorded here: {reason}."""


class NoSuchSession(NotFound):
    """There is no recorded session {session_id} here; GET /mcap/sessions lists those there are."""


class NoSuchFile(NotFound):
    """There is no recorded session file of that name here; GET /mcap/sessions lists those there are."""


class CyclesBackwards(Invalid):
    """end_cycle ({end_cycle}) comes before start_cycle ({start_cycle}); both are included, and -1 means the last."""
