"""Who is watched is looked at, for heartbeats must not wait for it; who was watched once is forgotten."""

from __future__ import annotations

from pilothouse.hub.jobs import Jobs
from pilothouse.hub.relay.service import Relays

FORGET_EVERY_S = 3_600.0
LOOK_EVERY_S = 1.0


def register(jobs: Jobs, relays: Relays) -> None:
    jobs.every(LOOK_EVERY_S, "who is watched", relays.look)
    jobs.every(FORGET_EVERY_S, "forget who was watched", relays.forget)
