"""What is done about the activity without being asked."""

from __future__ import annotations

from datetime import timedelta

from pilothouse.hub.activity.service import Activity
from pilothouse.hub.composition import Hub
from pilothouse.kit.clock import at

FORGET_EVERY_S = 3_600.0


def register(hub: Hub, activity: Activity) -> None:
    """Forget what is older than it is to be kept, where a limit is set."""
    days = hub.settings.activity_days
    if not days:
        return

    async def forget() -> None:
        await activity.forget(hub.database, at(hub.clock.now_ns()) - timedelta(days=days))

    hub.jobs.every(FORGET_EVERY_S, "forget activity", forget)
