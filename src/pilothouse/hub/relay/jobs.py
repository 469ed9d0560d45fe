"""Who was watched once is forgotten."""

from __future__ import annotations

from pilothouse.hub.jobs import Jobs
from pilothouse.hub.relay.service import Relays

FORGET_EVERY_S = 3_600.0


def register(jobs: Jobs, relays: Relays) -> None:
    jobs.every(FORGET_EVERY_S, "forget who was watched", relays.forget)
