"""Compose the hub out of its slices. Nothing happens at import."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from pilothouse.hub import mcp_mount
from pilothouse.hub.agents.service import describe_operations
from pilothouse.hub.composition import compose
from pilothouse.hub.lab import jobs as lab_jobs
from pilothouse.hub.settings import HubSettings
from pilothouse.hub.slices import PUBLIC_PATHS, ROUTES, install
from pilothouse.hub.ui import login
from pilothouse.kit.clock import Clock
from pilothouse.web import RateLimits, Service, create_service

if TYPE_CHECKING:
    app: Service

# Threads that decode recordings keep the interpreter so long, each time before an answer gets it: with the usual 5 ms
# an ordinary answer waits for half a second beside two of them.
SWITCH_S = 0.0005
DESCRIPTION = """What robots recorded, which robots there are, and what happens, live.

Times in JSON are RFC 3339 with zone, or nanoseconds where the name ends in `_ns`. Lists take `limit` and `offset`.
"""


def create_app(settings: HubSettings, *, clock: Clock | None = None, serves: bool = True) -> Service:
    """The hub as an application; ``app.state.hub`` holds what it is made of. One that does not serve lets nobody in."""
    hub = compose(settings.check(), clock=clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        sys.setswitchinterval(SWITCH_S)
        if serves:
            people.identity.warn_if_open()
        await limits.start()
        async with hub.running(), tools.running():
            if serves and not settings.has_credential:
                service.state.login_code = await people.sign_ins.code_at_start()
            yield
            service.begin_closing()

    service = create_service(
        title="Pilothouse hub",
        description=DESCRIPTION,
        settings=settings,
        routes=ROUTES,
        lifespan=lifespan,
        health=lambda: {"mode": settings.mode},
        readiness={
            "database": hub.database.check_migrated,
            "storage": hub.storage.check_writable,
            "jobs": hub.jobs.check,
            "sandbox": lambda: service.state.lab.sandboxes.say(),
        },
        public=PUBLIC_PATHS,
    )
    tools = mcp_mount.add_to(service)
    limits = RateLimits(settings, service.state.metrics)
    hub.jobs.measure(service.state.metrics)
    service.state.hub = hub
    people = install(service, hub, limits)
    if serves:
        lab_jobs.show_storage(hub, service.state.lab)
    service.describe_more = describe_operations
    service.before_ready = lambda url: login.tell(
        settings.public_url or url, getattr(service.state, "login_code", None)
    )
    return service


def __getattr__(name: str) -> Any:
    # `uvicorn pilothouse.hub.app:app` reads the environment when it asks for the app, not at import.
    if name != "app":
        raise AttributeError(name)
    from pilothouse.kit.settings import load

    return create_app(load(HubSettings))
