"""The process contract: bind, start, say ready, serve, end cleanly within five seconds."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, cast

from fastapi import FastAPI
from starlette.types import Message

from pilothouse.kit.errors import Invalid, Problem
from pilothouse.kit.logs import get_logger, set_up_logging
from pilothouse.kit.systemd import READY, STOPPING, notify
from pilothouse.web.disk import refusal_in
from pilothouse.web.heads import http_protocol
from pilothouse.web.server import Config, Server
from pilothouse.web.settings import ServiceSettings

# A service has five seconds to end: requests under way may take so many of them, its own end what is then left.
REQUESTS_END_S = 2
ALL_ENDS_S = 4.5
# Then a thread may still sit in a system call or in somebody's C code: it cannot be cancelled, only left behind.
LINGER_S = 0.3
MOST_FILES = 65_536

log = get_logger("pilothouse.web")
Ready = Callable[[str], None]
Begun = Callable[[FastAPI], Awaitable[str]]


class PortTaken(Invalid):
    """Something listens on {host}:{port} already; choose another port with --port (0 takes any free one)."""


class CannotListen(Invalid):
    """Cannot listen on {host}:{port}: {reason}; check --host and --port."""


def print_ready(url: str) -> None:
    """Tell whoever started the process that it serves, systemd in its own words."""
    print(f"ready {url}", flush=True)  # noqa: T201 - this line is the contract
    notify(READY)


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address, for this process alone; nobody is accepted before the service has started."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(host=host, port=port, reason=error.strerror or str(error)) from None
    try:
        _take(bound, address)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(host=host, port=port) from None
        raise CannotListen(host=host, port=port, reason=error.strerror or str(error)) from None
    return bound


def _take(bound: socket.socket, address: Any) -> None:
    """Bind it so that nobody else can, though it does not listen yet; beside what an ended process has left, if any."""
    try:
        bound.bind(address)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        # Of two that share an address the later one would hear of it only when it listens, long after it has begun.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)


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
        self.stopped_at: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.lifespan.state = self.lifespan_state
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.stopped_at = time.monotonic()
        notify(STOPPING)
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


def config_of(app: FastAPI) -> Config:
    return Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        http=http_protocol(),
        # For each client anew it would cost more than the wire it saves, and a window of memory.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=REQUESTS_END_S,
        ws=cast("type[asyncio.Protocol]", getattr(app, "make_socket", None) or _websocket),
        ws_max_size=getattr(app, "socket_bytes", 16 << 20),
    )


def _websocket(*positional: Any, **named: Any) -> asyncio.Protocol:
    """Imported when the first client wants one: most robots never have one, and it takes half a MiB."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    return WebSocketsSansIOProtocol(*positional, **named)


async def serve(
    app: FastAPI, settings: ServiceSettings, *, ready: Ready = print_ready, bound: socket.socket | None = None
) -> bool:
    """Serve until SIGTERM or SIGINT (or until cancelled); raises what kept the service from starting.

    False when the application's own end took too long and was given up.
    """
    listening = bound or bind(settings.host, settings.port)
    try:
        server = _Server(
            config_of(app),
            lambda: _announce(app, ready, url_of(listening)),
            getattr(app, "begin_closing", lambda: None),
        )
        lifespan = _Lifespan(app)
        async with lifespan:
            server.lifespan_state = lifespan.state
            await server.serve(sockets=[listening])
            if server.stopped_at is not None:
                lifespan.end_by = server.stopped_at + ALL_ENDS_S
        return lifespan.ended
    finally:
        listening.close()


def _announce(app: FastAPI, ready: Ready, url: str) -> None:
    before_ready: Ready | None = getattr(app, "before_ready", None)
    if before_ready is not None:
        before_ready(url)
    ready(url)


class _Lifespan:
    """The application's own start and end, with the exception itself where uvicorn has only its traceback's text."""

    def __init__(self, app: FastAPI) -> None:
        self.state: dict[str, Any] = {}
        self.end_by: float | None = None
        self.ended = False
        self._app = app
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._started = asyncio.Event()

    async def __aenter__(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        self._running = asyncio.ensure_future(self._app(scope, self._to_app.get, self._send))
        waiting = asyncio.ensure_future(self._started.wait())
        await self._to_app.put({"type": "lifespan.startup"})
        try:
            await asyncio.wait({self._running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if not self._started.is_set():
                await self._running
                raise RuntimeError("the application ended before it started")
        except asyncio.CancelledError:
            await self._give_up()
            raise
        finally:
            waiting.cancel()

    async def __aexit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        await self._to_app.put({"type": "lifespan.shutdown"})
        left_s = ALL_ENDS_S if self.end_by is None else max(0.0, self.end_by - time.monotonic())
        await asyncio.wait({self._running}, timeout=left_s)
        self.ended = self._running.done()
        if self.ended:
            await self._running
        else:
            log.error("the service did not end in time and is given up")
            await self._give_up()

    async def _send(self, message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            self._started.set()

    async def _give_up(self) -> None:
        self._running.cancel()
        await asyncio.wait({self._running}, timeout=0.2)


async def _work(app: FastAPI, begun: Begun) -> bool:
    """Run an application's own start and end and what is between, but answer nobody; until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    lifespan = _Lifespan(app)
    async with lifespan:
        beginning = asyncio.ensure_future(begun(app))
        waiting = asyncio.ensure_future(stopping.wait())
        try:
            await asyncio.wait({beginning, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if beginning.done():
                print_ready(beginning.result())
            await waiting
        finally:
            beginning.cancel()
            waiting.cancel()
            notify(STOPPING)
            lifespan.end_by = time.monotonic() + ALL_ENDS_S
            getattr(app, "begin_closing", lambda: None)()
    return lifespan.ended


def run_unserved(build: Callable[[], FastAPI], settings: ServiceSettings, begun: Begun) -> int:
    """Run a service as a program that listens on nothing; exit codes as those of ``run_service``. ``begun`` waits until
    it is at work, and answers what the `ready` line says then."""
    set_up_logging(log_format=settings.log_format, level=settings.log_level)

    def work() -> bool:
        app = build()
        return _run(app, _work(app, begun))

    return _exit_code(work, settings)


def _run(app: FastAPI, program: Coroutine[Any, Any, bool]) -> bool:
    with asyncio.Runner(loop_factory=config_of(app).get_loop_factory()) as runner:
        ended = runner.run(program)
        _leave(code=0 if ended else 1)
    return ended


def _exit_code(work: Callable[[], bool], settings: ServiceSettings) -> int:
    """How a program ends that does this; what somebody must change first is one line on standard error."""
    try:
        return 0 if work() else 1
    except Problem as problem:
        print(f"pilothouse: {problem.sentence}", file=sys.stderr)  # noqa: T201 - one line, whatever the log format
        return 2 if isinstance(problem, Invalid) else 1
    except Exception as error:
        refusal = refusal_in(error, settings.data)
        if refusal is None:
            raise
        print(f"pilothouse: {refusal.sentence}", file=sys.stderr)  # noqa: T201 - one line, whatever the log format
        return 2
    except KeyboardInterrupt:
        return 0


def _leave(*, code: int) -> None:
    """End the process soon, even if threads linger; what they were doing is as safe as with `kill -9`."""
    # The interpreter looks through every object there is before it ends: for a hub that took two seconds.
    gc.freeze()

    def leave() -> None:
        log.warning("left while threads were still at work")
        os._exit(code)

    timer = threading.Timer(LINGER_S, leave)
    timer.daemon = True
    timer.start()


def _allow_connections() -> None:
    """What a system gives a process at first, often 1,024 files, is less than some browsers and robots take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def run_service(build: Callable[[], FastAPI], settings: ServiceSettings) -> int:
    """Run a service as the program; the exit code says how it ended.

    0 after SIGTERM or SIGINT; 2 when something must be changed first (settings, a taken port), 1 for other problems,
    among them an end that had to be given up.
    """
    set_up_logging(log_format=settings.log_format, level=settings.log_level)
    _allow_connections()
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.setLevel(logging.WARNING)
    # It says so of every WebSocket that is refused in words, and anybody could fill the log with it.
    uvicorn.addFilter(lambda record: "without completing handshake" not in record.getMessage())

    def work() -> bool:
        with bind(settings.host, settings.port) as bound:
            app = build()
            return _run(app, serve(app, settings, bound=bound))

    return _exit_code(work, settings)
