"""What a service counts about itself, in a registry of its own."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response
from starlette.types import Scope

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"})
UNMATCHED = "(none)"
"""The route of a request that no route took: raw paths would be labels without end."""


class RequestMetrics:
    """Count and latency of requests by route template."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "pilothouse_http_requests_total", "Requests answered", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "pilothouse_http_request_seconds",
            "Seconds from the request to the end of its answer",
            ("method", "route"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._cache: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one finished request."""
        counted = self._cache.get((method, route, status))
        if counted is None:
            name = method if method in _METHODS else "OTHER"
            counted = (self._requests.labels(name, route, str(status)), self._seconds.labels(name, route))
            if name == method:
                self._cache[method, route, status] = counted
        counted[0].inc()
        counted[1].observe(seconds)


def route_of(scope: Scope) -> str:
    """The template of the route that took a request, such as ``/api/sessions/{session_id}``."""
    selected = scope.get("pilothouse.route")
    if selected is not None:
        return str(selected)
    included = scope.get("fastapi")
    context = included.get("effective_route_context") if included else None
    route = context if context is not None else scope.get("route")
    found = getattr(route, "path_format", None) or getattr(getattr(route, "starlette_route", None), "path_format", None)
    return found if isinstance(found, str) else UNMATCHED


def exposition(registry: CollectorRegistry) -> Response:
    """Everything counted, as Prometheus reads it."""
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
