"""The recorder as a service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

from fastapi import APIRouter, Depends, FastAPI

from pilothouse.kit.errors import Unavailable
from pilothouse.recorder.api import pin_routes, risk_routes
from pilothouse.recorder.api.routes import PATHS, router
from pilothouse.recorder.counters import RecorderCollector
from pilothouse.recorder.problems import TokenNeeded
from pilothouse.recorder.push import routes as push_routes
from pilothouse.recorder.push.sockets import make_sockets
from pilothouse.recorder.recorder import Recorder
from pilothouse.recorder.settings import RecorderSettings
from pilothouse.recorder.too_large import LARGEST_PART
from pilothouse.recorder.watchdog import keep_watch
from pilothouse.web import Service, create_service, is_loopback, local_hosts, require_local_token

EVERY_PATH = (*PATHS, *pin_routes.PATHS, *risk_routes.PATHS, *push_routes.PATHS)
DESCRIPTION = "Keeps the last minute on the robot, crash-safe, and seals it when a trigger fires or somebody asks."


class NotWorking(Unavailable):
    """{problems}"""


def create_app(settings: RecorderSettings, open_recorder: Callable[[], Recorder] | None = None) -> Service:
    """The recorder's HTTP service; nothing is opened before it starts."""
    if not is_loopback(settings.host) and settings.recorder_token is None:
        raise TokenNeeded(host=settings.host)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = await asyncio.to_thread(open_recorder or partial(Recorder.open, settings))
        app.state.recorder = running
        app.state.push_sockets = set()
        app.state.metrics.register(RecorderCollector(running.answers))
        running.start()
        watching = asyncio.create_task(keep_watch(running.vitals, running.clock.monotonic_ns))
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.to_thread(running.stop)

    def health() -> Mapping[str, object]:
        return app.state.recorder.answers.health().model_dump(mode="json")  # type: ignore[no-any-return]

    async def works() -> None:
        problems = app.state.recorder.answers.problems()
        if problems:
            raise NotWorking(problems="; ".join(problems))

    app = create_service(
        title="Pilothouse recorder",
        description=DESCRIPTION,
        settings=settings,
        routers=[_guarded(settings)],
        lifespan=lifespan,
        health=health,
        readiness={"recording": works},
        public=EVERY_PATH if settings.recorder_token is None else (),
        allowed_hosts=local_hosts(settings),
    )
    if settings.push:
        app.make_socket = make_sockets(lambda: app.state.recorder.pushing)
        app.socket_bytes = push_routes.line_limit(settings.max_bytes // LARGEST_PART)
    return app


def _guarded(settings: RecorderSettings) -> APIRouter:
    """The routes, behind the token if there is one; on loopback alone none is needed, and the description says so."""
    token = settings.recorder_token
    guarded = APIRouter(dependencies=[] if token is None else [Depends(require_local_token(token))])
    guarded.include_router(router)
    guarded.include_router(pin_routes.router)
    guarded.include_router(risk_routes.router)
    if settings.push:
        guarded.include_router(push_routes.router)
    return guarded
