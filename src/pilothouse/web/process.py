"""The process contract: bind, start, say ready, serve, end cleanly within five seconds."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.types import Message

from pilothouse.kit.errors import Invalid, Problem
from pilothouse.kit.logs import get_logger, set_up_logging
from pilothouse.web.server import Config, Server
from pilothouse.web.settings import ServiceSettings

# Of the five seconds a service has to end: what requests under way may take, then what the service's own end may take.
REQUESTS_END_S = 2
LIFESPAN_END_S = 2.0

log = get_logger("pilothouse.web")
Ready = Callable[[str], None]


class PortTaken(Invalid):
    """Something listens on {host}:{port} already; choose another port with --port (0 takes any free one)."""


class CannotListen(Invalid):
    """Cannot listen on {host}:{port}: {reason}; check --host and --port."""


def print_ready(url: str) -> None:
    """Tell whoever started the process that it serves."""
    print(f"ready {url}", flush=True)  # noqa: T201 - this line is the contract


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address; nobody is accepted before the service has started."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(host=host, port=port, reason=error.strerror or str(error)) from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(host=host, port=port) from None
        raise CannotListen(host=host, port=port, reason=error.strerror or str(error)) from None
    return bound


def url_of(bound: socket.socket) -> str:
    """Where a client on this machine reaches the socket."""
    host, port = bound.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - recognised, not bound
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


class _Server(Server):
    """uvicorn that says when it serves, and does not raise the signal again that ended it."""

    def __init__(self, config: Config, on_started: Callable[[], None], on_stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._on_stopping = on_stopping
        self.lifespan_state: dict[str, Any] = {}

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.lifespan.state = self.lifespan_state
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stopping()
        await super().shutdown(sockets)
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        handled = (signal.SIGINT, signal.SIGTERM)
        try:
            before = {number: signal.signal(number, self.handle_exit) for number in handled}
        except ValueError:  # not the main thread: whoever owns the process owns its signals
            before = {}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _config(app: FastAPI) -> Config:
    return Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=REQUESTS_END_S,
    )


async def serve(
    app: FastAPI, settings: ServiceSettings, *, ready: Ready = print_ready, bound: socket.socket | None = None
) -> None:
    """Serve until SIGTERM or SIGINT (or until cancelled); raises what kept the service from starting."""
    listening = bound or bind(settings.host, settings.port)
    try:
        server = _Server(_config(app), lambda: ready(url_of(listening)), getattr(app, "begin_closing", lambda: None))
        async with _lifespan(app) as state:
            server.lifespan_state = state
            await server.serve(sockets=[listening])
    finally:
        listening.close()


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """The application's own start and end, with the exception itself where uvicorn has only its traceback's text."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    started = asyncio.Event()
    state: dict[str, Any] = {}

    async def send(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            started.set()

    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
    running = asyncio.ensure_future(app(scope, to_app.get, send))
    waiting = asyncio.ensure_future(started.wait())
    try:
        await to_app.put({"type": "lifespan.startup"})
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not started.is_set():
            await running
            raise RuntimeError("the application ended before it started")
        yield state
        await to_app.put({"type": "lifespan.shutdown"})
        await asyncio.wait({running}, timeout=LIFESPAN_END_S)
        if not running.done():
            log.error("the service did not end in time", seconds=LIFESPAN_END_S)
        else:
            await running
    finally:
        for task in (waiting, running):
            task.cancel()
        await asyncio.wait({waiting, running}, timeout=0.2)


def run_service(build: Callable[[], FastAPI], settings: ServiceSettings) -> int:
    """Run a service as the program; the exit code says how it ended.

    0 after SIGTERM or SIGINT; 2 when something must be changed first (settings, a taken port), 1 for other problems.
    """
    set_up_logging(log_format=settings.log_format, level=settings.log_level)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    bound: socket.socket | None = None
    try:
        bound = bind(settings.host, settings.port)
        app = build()
        with asyncio.Runner(loop_factory=_config(app).get_loop_factory()) as runner:
            runner.run(serve(app, settings, bound=bound))
    except Problem as problem:
        print(f"pilothouse: {problem.sentence}", file=sys.stderr)  # noqa: T201 - one line, whatever the log format
        return 2 if isinstance(problem, Invalid) else 1
    except KeyboardInterrupt:
        return 0
    finally:
        if bound is not None:
            bound.close()
    return 0
