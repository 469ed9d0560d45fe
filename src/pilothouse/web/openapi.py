"""What the generated description says about errors, request ids and rate limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from fastapi.security.base import SecurityBase
from starlette.routing import BaseRoute

from pilothouse.web.errors import ErrorDocument

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_REQUEST_ID = {"$ref": "#/components/headers/X-Request-Id"}
_ERROR = {"$ref": "#/components/responses/Error"}


def describe_errors(schema: dict[str, Any], routes: Sequence[BaseRoute], settings: object = None) -> dict[str, Any]:
    """Give every operation the one error shape instead of FastAPI's own."""
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for own in ("HTTPValidationError", "ValidationError"):
        schemas.pop(own, None)
    error = ErrorDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(error.pop("$defs", {}))
    schemas["ErrorDocument"] = error
    components.setdefault("headers", {})["X-Request-Id"] = {
        "description": "The caller's id of the request if it sent a usable one, otherwise a new one",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    }
    components.setdefault("responses", {})["Error"] = {
        "description": "What went wrong",
        "headers": {"X-Request-Id": _REQUEST_ID},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorDocument"}}},
    }
    limits = _rate_limits(routes, settings)
    taken: set[str] = set()
    for path, operations in schema.get("paths", {}).items():
        for method, operation in sorted(operations.items(), key=lambda one: one[0] == "head"):
            if method in _METHODS:
                _name_apart(operation, method, taken)
                _describe(operation, limits.get((path, method), {}))
    return schema


def operation_id(route: Any) -> str:
    """The name of an operation for generated clients; FastAPI's own depends on the order of a set."""
    methods: set[str] = route.methods or {"GET"}
    method = "GET" if "GET" in methods else min(methods)
    return re.sub(r"\W", "_", f"{route.name}{route.path_format}_{method.lower()}")


def _name_apart(operation: dict[str, Any], method: str, taken: set[str]) -> None:
    """A route of two methods is two operations."""
    name = operation.get("operationId", "")
    if name in taken:
        operation["operationId"] = name = f"{name.removesuffix('_get')}_{method}"
    taken.add(name)


def _describe(operation: dict[str, Any], limits: dict[str, Any]) -> None:
    responses = operation.setdefault("responses", {})
    fastapis = responses.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if fastapis.get("$ref", "").endswith("HTTPValidationError"):
        del responses["422"]
    for response in responses.values():
        if "$ref" not in response:
            response.setdefault("headers", {})["X-Request-Id"] = _REQUEST_ID
    responses.setdefault("4XX", _ERROR)
    responses.setdefault("5XX", _ERROR)
    operation.update(limits)


def _rate_limits(routes: Sequence[BaseRoute], settings: object) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for route in iter_route_contexts(routes):
        for call in _calls(route):
            described = getattr(call, "openapi_extension", None)
            if callable(described):
                described = described(settings)
            if isinstance(described, dict):
                for method in route.methods or ():
                    known = found.setdefault((route.path_format or "", method.lower()), {})
                    # What stands nearer to the route comes first, and is narrower.
                    known.update({name: value for name, value in described.items() if name not in known})
    return found


def public_routes(app: Any) -> list[str]:
    """Every route that anybody may call, as ``METHOD /path``, but for those the service lists as public: by their path,
    or like this where only one method of a path is."""
    found: list[str] = []
    for route in iter_route_contexts(app.routes):
        guarded = any(isinstance(call, SecurityBase) for call in _calls(route))
        if not guarded and route.path_format not in app.state.public:
            found.extend(f"{method} {route.path_format}" for method in sorted(route.methods or {"WEBSOCKET"}))
    return sorted(set(found) - app.state.public)


def _calls(route: RouteContext) -> Iterator[object]:
    """Everything that runs before an endpoint."""
    waiting: list[Dependant] = [dependant] if (dependant := _dependant(route)) else []
    while waiting:
        current = waiting.pop()
        yield current.call
        waiting.extend(current.dependencies)


def _dependant(route: RouteContext) -> Dependant | None:
    try:
        found = route.dependant
    except AttributeError:
        return None
    return found if isinstance(found, Dependant) else None
