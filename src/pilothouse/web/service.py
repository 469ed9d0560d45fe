"""The application every service is built on."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypedDict

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute
from fastapi.telemetry._asgi import ExceptionTelemetryMiddleware
from prometheus_client import CollectorRegistry
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan

from pilothouse import __version__
from pilothouse.web import documents
from pilothouse.web.dispatch import Dispatch
from pilothouse.web.edge import Edge
from pilothouse.web.errors import install_error_handlers
from pilothouse.web.hosts import AllowedHosts
from pilothouse.web.measure import RequestMetrics
from pilothouse.web.openapi import describe_errors, operation_id
from pilothouse.web.probes import PROBE_PATHS, Check, Health, probe_router
from pilothouse.web.ranges.passes import ReadPasses
from pilothouse.web.settings import ServiceSettings


class BodyLimit(TypedDict):
    """The keyword of a route or router that takes larger bodies."""

    max_body_size: int


def body_limit(max_bytes: int) -> BodyLimit:
    """``@router.patch("/…", **body_limit(64 << 20))``: this route takes bodies up to so many bytes."""
    return {"max_body_size": max_bytes}


class Service(FastAPI):
    """FastAPI inside the :class:`Edge`, with errors documented in their one shape."""

    settings: ServiceSettings
    allowed_hosts: AllowedHosts | None = None
    never_refused: Collection[str] = ()
    describe_more: Callable[[dict[str, Any]], None] | None = None
    """Adds to the description what only the service itself knows of its operations."""

    make_socket: Callable[..., asyncio.Protocol] | None = None
    """Makes what reads the WebSockets of this service, where that is not uvicorn's own."""

    socket_bytes: int = 16 << 20
    """How long a message from a WebSocket may be."""

    before_ready: Callable[[str], object] | None = None
    """Told where the service listens, just before it says that it is ready."""

    def __init__(self, **options: Any) -> None:
        self._describing = threading.Lock()
        self._described_once = asyncio.Lock()
        self._schema: dict[str, Any] | None = None
        self._documents: dict[str, bytes] = {}
        super().__init__(**options)

    def begin_closing(self) -> None:
        """The process is ending: streams finish, requests under way may complete."""
        self.state.closing.set()
        for wake in tuple(self.state.on_closing):
            wake()

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = AsyncExitStackMiddleware(Dispatch(self.router.routes, self.router))
        # The edge answers what nobody handles, and bodies are limited where they are read: two layers less than usual.
        app = ExceptionMiddleware(app, handlers=self.exception_handlers)
        for middleware, positional, named in reversed(self.user_middleware):
            app = middleware(app, *positional, **named)
        return Edge(
            ReadPasses(ExceptionTelemetryMiddleware(app)),
            metrics=self.state.request_metrics,
            security_headers=self.settings.security_headers(),
            hosts=self.allowed_hosts,
            never_refused=self.never_refused,
            is_closing=self.state.closing.is_set,
        )

    def openapi(self) -> dict[str, Any]:
        with self._describing:
            if self._schema is None:
                self._schema = self._describe()
            return self._schema

    async def described(self) -> dict[str, Any]:
        """The same, for whoever must not keep others waiting: with hundreds of routes it takes seconds to make."""
        if self._schema is None:
            async with self._described_once:
                await anyio.to_thread.run_sync(self.openapi)
        return self.openapi()

    async def document(self, root_path: str) -> bytes:
        """The description as JSON, for a service that is reached below a path; made once."""
        known = self._documents.get(root_path)
        if known is None:
            schema = await self.described()
            servers = {"servers": [{"url": root_path}]} if root_path else {}
            known = self._documents[root_path] = await anyio.to_thread.run_sync(_as_json, {**schema, **servers})
        return known

    def _describe(self) -> dict[str, Any]:
        with warnings.catch_warnings():
            # Of a route that answers GET and HEAD; they are named apart afterwards.
            warnings.filterwarnings("ignore", message="Duplicate Operation ID")
            schema = super().openapi()
        described = describe_errors(schema, self.routes, self.settings)
        if self.describe_more is not None:
            self.describe_more(described)
        return described


def _as_json(description: dict[str, Any]) -> bytes:
    return json.dumps(description, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _telemetry_is_wanted() -> bool:
    """Asked once: FastAPI would look through the environment at every request."""
    return any(name.startswith("OTEL_") for name in os.environ)


def resolved(*routers: APIRouter) -> tuple[BaseRoute, ...]:
    """Routers as ``routes`` that several services of a process can have, as they were made.

    FastAPI works out everything about a route a second time where its router is included: with hundreds of routes that
    takes most of a second. ``dependency_overrides`` of a service do not reach them.
    """
    routes = tuple(route for router in routers for route in router.routes)
    for route in routes:
        assert isinstance(route, Route | WebSocketRoute), f"{route} is not a route by itself: include it in the service"
        if isinstance(route, APIRoute):
            _rename(route)
    return routes


def _rename(route: APIRoute) -> None:
    """Call an operation, and what it answers, as the service does whose router it is not."""
    route.unique_id = route.operation_id or operation_id(route)
    if route.response_field is not None:
        route.response_field.name = f"Response_{route.unique_id}"


def create_service(
    *,
    title: str,
    description: str,
    settings: ServiceSettings,
    routers: Sequence[APIRouter] = (),
    routes: Sequence[BaseRoute] = (),
    lifespan: Lifespan[FastAPI] | None = None,
    health: Health | None = None,
    readiness: Mapping[str, Check] | None = None,
    public: Collection[str] = (),
    allowed_hosts: Collection[str] | None = None,
    never_refused: Collection[str] = (),
    openapi_tags: list[dict[str, Any]] | None = None,
) -> Service:
    """Put routers into a service that does everything http.md asks of all of them.

    ``public`` lists the paths that need no credential; ``allowed_hosts`` (see ``local_hosts``) turns on the check of
    ``Host`` and ``Origin``, but not for the paths in ``never_refused``: stopping a robot is never forbidden.
    ``app.state`` holds ``settings``, ``metrics`` (the registry) and ``closing`` (an event).
    """
    app = Service(
        title=title,
        description=description,
        version=__version__,
        lifespan=lifespan,
        openapi_tags=openapi_tags,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
        telemetry=None if _telemetry_is_wanted() else {"tracing": False, "metrics": False, "logs": False},
    )
    registry = CollectorRegistry()
    on_closing: set[Callable[[], None]] = set()
    app.settings = app.state.settings = settings
    app.allowed_hosts = None if allowed_hosts is None else AllowedHosts(allowed_hosts)
    app.never_refused = frozenset(never_refused)
    app.state.metrics, app.state.request_metrics = registry, RequestMetrics(registry)
    app.state.closing, app.state.on_closing = threading.Event(), on_closing
    app.state.public = frozenset({*public, *PROBE_PATHS, *documents.DOCUMENT_PATHS})
    install_error_handlers(app)
    app.router.routes.extend(routes)
    for router in (*routers, probe_router(health, readiness or {}, registry), documents.router):
        app.include_router(router)
    return app
