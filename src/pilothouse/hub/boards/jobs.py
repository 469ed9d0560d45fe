"""What runs out of time by itself."""

from __future__ import annotations

from pilothouse.hub.boards.service import BoardServices
from pilothouse.hub.jobs import Jobs

# A lease is minutes long; whoever claims meanwhile ends one that is over without waiting for this.
EXPIRE_EVERY_S = 5.0


def register(jobs: Jobs, boards: BoardServices) -> None:
    """End leases and approvals whose time is over, as long as the hub runs."""
    jobs.every(EXPIRE_EVERY_S, "end leases and approvals", boards.leases.expire)
