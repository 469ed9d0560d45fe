"""What becomes a task without being asked."""

from __future__ import annotations

from pilothouse.hub.jobs import Jobs
from pilothouse.hub.triage.service.following import Following


def register(jobs: Jobs, following: Following) -> None:
    """Follow the hub's events as long as it runs."""
    jobs.keep_running("bring incidents to boards", following.run)
