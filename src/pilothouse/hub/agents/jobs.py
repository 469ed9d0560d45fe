"""What is done about agents without being asked."""

from __future__ import annotations

from datetime import timedelta

from pilothouse.hub.agents.service import AgentServices
from pilothouse.hub.agents.service.rollcall import WRITE_EVERY_S
from pilothouse.hub.jobs import Jobs
from pilothouse.kit.clock import Clock, at

FORGET_EVERY_S = 3_600.0
DAYS_KEPT = timedelta(days=400)


def register(jobs: Jobs, services: AgentServices, clock: Clock) -> None:
    """Write heartbeats down, notice who falls silent, forget what was spent long ago."""

    async def call_the_roll() -> None:
        await services.roll.write()
        await services.roll.judge()

    async def forget() -> None:
        await services.roll.forget_days(at(clock.now_ns()) - DAYS_KEPT)

    jobs.every(WRITE_EVERY_S, "call the roll of agents", call_the_roll)
    jobs.every(FORGET_EVERY_S, "forget what agents spent", forget)
