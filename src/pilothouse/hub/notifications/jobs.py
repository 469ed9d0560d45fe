"""What tells the outside world without being asked.

Deliveries do not run in the slots of jobs: a receiver that hangs would keep them from indexing recordings.
"""

from __future__ import annotations

from pilothouse.hub.jobs import Jobs
from pilothouse.hub.notifications.service import Notifications

FORGET_EVERY_S = 3_600.0


def register(jobs: Jobs, notifications: Notifications) -> None:
    """Follow the hub's events, deliver, and forget, as long as it runs."""
    jobs.keep_running("make notifications", notifications.following.run)
    jobs.keep_running("deliver notifications", notifications.delivering.run)
    jobs.every(FORGET_EVERY_S, "forget notifications", notifications.delivering.forget)
