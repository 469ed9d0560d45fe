"""Compose the hub out of its slices. Nothing happens at import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from pilothouse.hub import landing
from pilothouse.hub.backtests import jobs as backtest_jobs
from pilothouse.hub.backtests import routes as backtests
from pilothouse.hub.backtests.service import Backtests
from pilothouse.hub.composition import Hub, compose
from pilothouse.hub.fleet import Robots
from pilothouse.hub.fleet import routes as fleet
from pilothouse.hub.identity import Identity
from pilothouse.hub.recordings import jobs as recording_jobs
from pilothouse.hub.recordings.routes import ROUTERS as RECORDINGS
from pilothouse.hub.recordings.service import build_services, count_by_robot
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import Clock
from pilothouse.web import Service, create_service

if TYPE_CHECKING:
    app: Service

DESCRIPTION = """What robots recorded, which robots there are, and what happens, live.

Times in JSON are RFC 3339 with zone, or nanoseconds where the name ends in `_ns`. Lists take `limit` and `offset`.
"""


def create_app(settings: HubSettings, *, clock: Clock | None = None) -> Service:
    """The hub as an application; ``app.state.hub`` holds what it is made of."""
    hub = compose(settings.check(), clock=clock)
    identity = Identity(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        identity.warn_if_open()
        async with hub.running():
            yield
            service.begin_closing()

    service = create_service(
        title="Pilothouse hub",
        description=DESCRIPTION,
        settings=settings,
        routers=[landing.router, fleet.router, *RECORDINGS, backtests.router],
        lifespan=lifespan,
        health=lambda: {"mode": settings.mode},
        readiness={
            "database": hub.database.check_migrated,
            "storage": hub.storage.check_writable,
            "jobs": hub.jobs.check,
        },
        public={"/"},
    )
    hub.jobs.measure(service.state.metrics)
    service.state.hub = hub
    service.state.identity = identity
    install_slices(service, hub)
    return service


def install_slices(service: Service, hub: Hub) -> None:
    """Build each slice's services, lower slices first, and make its jobs known."""
    robots = Robots(hub.events, hub.clock, count_recordings=count_by_robot)
    recordings = build_services(hub.settings, hub.database, hub.events, hub.jobs, hub.clock, robots=robots)
    recording_jobs.register(hub.jobs, recordings)
    service.state.on_closing.add(recordings.digests.end)
    service.state.robots = robots
    service.state.recordings = recordings
    service.state.backtests = Backtests(hub.database, hub.events, hub.jobs, hub.clock, recordings.recordings)
    backtest_jobs.register(hub.jobs, service.state.backtests)


def __getattr__(name: str) -> Any:
    # `uvicorn pilothouse.hub.app:app` reads the environment when it asks for the app, not at import.
    if name != "app":
        raise AttributeError(name)
    from pilothouse.kit.settings import load

    return create_app(load(HubSettings))
