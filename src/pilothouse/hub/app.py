"""Compose the hub out of its slices. Nothing happens at import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from pilothouse.hub.composition import compose
from pilothouse.hub.identity import Identity
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import Clock
from pilothouse.web import Service, create_service

if TYPE_CHECKING:
    app: Service

DESCRIPTION = "Recordings, robots and what happened to them."


def create_app(settings: HubSettings, *, clock: Clock | None = None) -> Service:
    """The hub as an application; ``app.state.hub`` holds what it is made of."""
    hub = compose(settings.check(), clock=clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with hub.running():
            yield

    service = create_service(
        title="Pilothouse hub",
        description=DESCRIPTION,
        settings=settings,
        routers=routers(),
        lifespan=lifespan,
        health=lambda: {"mode": settings.mode},
        readiness={
            "database": hub.database.check_migrated,
            "storage": hub.storage.check_writable,
        },
        public={"/"},
    )
    service.state.hub = hub
    service.state.identity = Identity(settings)
    return service


def routers() -> list[Any]:
    """Every slice's routes."""
    return []


def __getattr__(name: str) -> Any:
    # `uvicorn pilothouse.hub.app:app` reads the environment when it asks for the app, not at import.
    if name != "app":
        raise AttributeError(name)
    from pilothouse.kit.settings import load

    return create_app(load(HubSettings))
