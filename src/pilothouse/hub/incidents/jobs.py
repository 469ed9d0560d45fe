"""What becomes an incident without being asked."""

from __future__ import annotations

from pilothouse.hub.incidents.service import Following
from pilothouse.hub.jobs import Jobs


def register(jobs: Jobs, following: Following) -> None:
    """Follow the hub's events as long as it runs."""
    jobs.keep_running("open incidents", following.run)
