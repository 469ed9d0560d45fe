"""The Foxglove WebSocket on a port of its own, where viewers look for one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Generator

from fastapi import APIRouter, Depends, WebSocket

from pilothouse.guard.routes.access import SocketAccess, Tickets
from pilothouse.guard.routes.foxglove import converse
from pilothouse.guard.runtime import Runtime
from pilothouse.guard.settings import GuardSettings
from pilothouse.guard.stackfile.sections import FoxgloveConfig
from pilothouse.kit.errors import BadConfiguration
from pilothouse.kit.logs import get_logger
from pilothouse.web import Service, create_service, is_loopback, local_hosts
from pilothouse.web.process import bind, config_of, url_of
from pilothouse.web.server import Server

log = get_logger("pilothouse.guard")


class FoxgloveTokenNeeded(BadConfiguration):
    """Viewers elsewhere can reach telemetry.foxglove.host {host}: set PILOTHOUSE_GUARD_TOKEN, or make it 127.0.0.1."""


class _Beside(Server):
    """A second server in one process: signals belong to the first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@contextlib.asynccontextmanager
async def foxglove_port(
    config: FoxgloveConfig | None, settings: GuardSettings, runtime: Runtime, tickets: Tickets
) -> AsyncIterator[None]:
    """Serves viewers while the block runs; nothing when there is no configuration."""
    if config is None:
        yield
        return
    if not is_loopback(config.host) and settings.guard_token is None:
        raise FoxgloveTokenNeeded(host=config.host)
    own = settings.model_copy(update={"host": config.host, "port": config.port})
    app = _service(own, runtime, tickets)
    with contextlib.closing(bind(config.host, config.port)) as bound:
        server = _Beside(config_of(app))
        serving = asyncio.ensure_future(server.serve(sockets=[bound]))
        log.info("Foxglove may connect", url=url_of(bound).replace("http", "ws", 1))
        try:
            yield
        finally:
            app.begin_closing()
            server.should_exit = True
            await asyncio.wait({serving}, timeout=1.0)
            serving.cancel()


def _service(settings: GuardSettings, runtime: Runtime, tickets: Tickets) -> Service:
    token = settings.guard_token
    router = APIRouter(dependencies=[] if token is None else [Depends(SocketAccess(token, tickets))])

    @router.websocket("/")
    async def viewer(socket: WebSocket) -> None:
        await converse(socket, runtime)

    app = create_service(
        title="Pilothouse guard, live for viewers", description="", settings=settings, routers=[router],
        allowed_hosts=local_hosts(settings), public={"/"} if token is None else (),
    )  # fmt: skip
    app.state.telemetry_sockets = set()
    return app
