"""What the fleet does without being asked."""

from __future__ import annotations

from pilothouse.hub.fleet.service import FleetServices
from pilothouse.hub.fleet.service.health import FORGET_EVERY_S, JUDGE_EVERY_S
from pilothouse.hub.jobs import Jobs


def register(jobs: Jobs, services: FleetServices) -> None:
    """Notice who falls silent, and keep the history short."""

    async def judge() -> None:
        await services.healths.judge()

    jobs.every(JUDGE_EVERY_S, "notice silent robots", judge)
    jobs.every(FORGET_EVERY_S, "shorten health history", services.healths.forget)
