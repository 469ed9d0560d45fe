"""How a repair goes, and what may be in its way."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from pilothouse.kit.errors import Conflict, NotFound

MARK = "-recovered"
_LONGEST_ID = 200


class RepairState(StrEnum):
    QUEUED = "queued"
    RECOVERED = "recovered"
    """What is readable is a recording of its own."""
    WHOLE = "whole"
    """The file was read to its end and nothing is wrong with it."""
    FAILED = "failed"


class NoRepair(NotFound):
    """Nobody has asked to repair this recording; ask with POST."""


class NothingToRepairYet(Conflict):
    """This recording is {state}; wait until it is indexed."""


def recovered_id(session_id: str) -> str:
    """The id of what is recovered from a recording; the robot and the time in it stay."""
    if len(session_id) + len(MARK) <= _LONGEST_ID:
        return session_id + MARK
    digest = hashlib.sha256(session_id.encode()).hexdigest()[:10]
    return f"{session_id[: _LONGEST_ID - len(MARK) - 11]}-{digest}{MARK}"
