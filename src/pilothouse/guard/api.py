"""The guard as a service. Nothing happens at import."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts

from pilothouse.guard.routes import boundaries, control, foxglove, mcap_sessions, risk_log, telemetry
from pilothouse.guard.routes.access import SocketAccess, Tickets, only_from_here
from pilothouse.guard.routes.foxglove_port import foxglove_port
from pilothouse.guard.runtime import GuardCollector, NoStackfile, Runtime, assemble, health_of, problems_of
from pilothouse.guard.settings import GuardSettings
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.errors import BadConfiguration, Problem, Unavailable
from pilothouse.kit.logs import get_logger
from pilothouse.web import Service, create_service, is_loopback, local_hosts, require_local_token

if TYPE_CHECKING:
    app: Service

DESCRIPTION = """Stands between a policy and a robot: decides each cycle PASS, CLAMP, REJECT or FAULT, and shows why.

`POST /api/control/estop` stops the robot, always; so do `{"type": "estop"}` on `WS /ws/telemetry`, the signal SIGUSR2
and a hardware input (`estop_function`, `estop_channel`). SIGHUP reads the Stackfile again, as does
`POST /api/control/reload`.

`WS /ws/telemetry` replays the last 50 events and goes on live; `?since=SEQ` resumes. A client that is too slow gets
every rejected cycle and the newest one, with `missed` counting the others; one with more than 4096 rejected cycles
behind it is closed with code 1013. `WS /foxglove` speaks to Foxglove and Lichtblick. From a browser,
`POST /api/telemetry/tickets` and connect with `?ticket=`.
"""
ROUTERS = (control.router, telemetry.router, boundaries.router, risk_log.router, mcap_sessions.router)
SOCKETS = (telemetry.socket_router, foxglove.router)
ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - only with a token

log = get_logger("pilothouse.guard")


class GuardTokenNeeded(BadConfiguration):
    """Listening on {host} others can reach this guard: set PILOTHOUSE_GUARD_TOKEN, or listen on 127.0.0.1."""


class RobotStopped(Unavailable):
    """{problems}"""


def create_app(settings: GuardSettings, open_runtime: Callable[[], Runtime] | None = None) -> Service:
    """The guard's HTTP service; nothing is opened before it starts. ``app.state.runtime`` is what it serves."""
    if not is_loopback(settings.host) and settings.guard_token is None:
        raise GuardTokenNeeded(host=settings.host)
    tickets = Tickets()
    routers = _routers(settings, tickets)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        runtime = await asyncio.to_thread(open_runtime or partial(assemble, settings, clock=SystemClock()))
        app.state.runtime = runtime
        app.state.risk_log, app.state.sessions = runtime.records.risk_log, runtime.records.sessions
        app.state.metrics.register(GuardCollector(runtime))
        try:
            await asyncio.to_thread(runtime.start)
            foxglove = runtime.stack.telemetry.foxglove
            with _signals(runtime):
                async with foxglove_port(foxglove, settings, runtime, tickets):
                    yield
        finally:
            await asyncio.to_thread(runtime.stop)

    def health() -> Mapping[str, object]:
        return health_of(service.state.runtime).model_dump(mode="json")

    async def works() -> None:
        problems = problems_of(service.state.runtime)
        if problems:
            raise RobotStopped(problems="; ".join(problems))

    service = create_service(
        title="Pilothouse guard",
        description=DESCRIPTION,
        settings=settings,
        routers=routers,
        lifespan=lifespan,
        health=health,
        readiness={"loop": works},
        public=_paths(routers) if settings.guard_token is None else {control.ESTOP_PATH},
        allowed_hosts=local_hosts(settings),
        never_refused={control.ESTOP_PATH},
    )
    service.state.tickets = tickets
    service.state.telemetry_sockets = set()
    return service


def _routers(settings: GuardSettings, tickets: Tickets) -> list[APIRouter]:
    """The routes, behind the token if there is one; the emergency stop is behind nothing."""
    token = settings.guard_token
    unguarded = Depends(only_from_here)
    guarded = APIRouter(dependencies=[unguarded if token is None else Depends(require_local_token(token))])
    for router in ROUTERS:
        guarded.include_router(router)
    sockets = APIRouter(dependencies=[unguarded if token is None else Depends(SocketAccess(token, tickets))])
    for router in SOCKETS:
        sockets.include_router(router)
    return [control.estop_router, guarded, sockets]


def _paths(routers: list[APIRouter]) -> set[str]:
    routes = [route for router in routers for route in router.routes]
    return {str(context.path_format) for context in iter_route_contexts(routes)}


@contextmanager
def _signals(runtime: Runtime) -> Iterator[None]:
    """SIGUSR2 is the emergency stop, SIGHUP reads the Stackfile again."""
    if threading.current_thread() is not threading.main_thread():
        yield  # whoever owns the process owns its signals
        return
    # In the handler itself, not on the event loop: that may be busy.
    before = signal.signal(signal.SIGUSR2, lambda number, frame: runtime.estop("signal", "SIGUSR2"))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, lambda: threading.Thread(target=_reload, args=(runtime,)).start())
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGUSR2, before)


def _reload(runtime: Runtime) -> None:
    try:
        runtime.reload()
    except Problem:
        pass  # it is in the log and in the status; the old engine goes on
    except Exception:
        log.exception("the Stackfile was not reloaded")


def __getattr__(name: str) -> Any:
    # `uvicorn pilothouse.guard.api:app` reads the environment when it asks for the app, not at import.
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return _app_for_uvicorn()
    except Problem as problem:
        raise SystemExit(f"pilothouse: {problem.sentence}") from None


def _app_for_uvicorn() -> Service:
    from pilothouse.guard.stackfile import load as load_stackfile
    from pilothouse.kit.settings import load

    settings = load(GuardSettings)
    if settings.stackfile is None:
        raise NoStackfile
    written = load_stackfile(settings.stackfile)
    if settings.guard_token is not None and "host" not in settings.model_fields_set:
        # uvicorn was told where to listen, not we: with a token, any address of this machine is right.
        settings = settings.model_copy(update={"host": ANY_ADDRESS})
    return create_app(settings, partial(assemble, settings, clock=SystemClock(), written=written))
