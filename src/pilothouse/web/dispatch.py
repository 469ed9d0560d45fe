"""Finds the route of a request by looking only at routes it could be.

FastAPI tries every route in turn, several times over for included routers: at a hundred routes that costs more than
most requests. Here routes stand under their first path segment and number of segments. Whatever is not a plain hit
(mounts, wrong methods, redirects, 404, WebSockets) is left to FastAPI's own router.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from re import Pattern
from typing import Any

from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import BaseRoute, Host
from starlette.types import ASGIApp, Receive, Scope, Send

from pilothouse.kit.errors import Invalid
from pilothouse.web.body import MAX_BODY_BYTES, call_with_body
from pilothouse.web.dependants import ask_once, reads_header
from pilothouse.web.errors import problem_response

# Keys come from the paths callers send: the table of answers stays small whatever they send.
_REMEMBERED = 2_000
_ONLY_READ = frozenset({"GET", "HEAD", "OPTIONS"})
_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One route; ``app`` is None for those only the router can serve."""

    pattern: Pattern[str]
    first: str | None
    segments: int | None
    methods: frozenset[str]
    app: ASGIApp | None
    context: RouteContext
    limit: int
    heeds_if_match: bool


class IfMatchUnheeded(Invalid):
    """This address does not look at If-Match, so nothing was changed; send the version you read as `version` in the
    body, where the body has one, or leave the header out."""


class Dispatch:
    """Stands in front of a FastAPI router."""

    def __init__(self, routes: Sequence[BaseRoute], fallback: ASGIApp) -> None:
        self._fallback = fallback
        self._entries = _entries(routes)
        self._by_key: dict[_Key, list[_Entry]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path, method = scope["path"], scope["method"]
            for entry in () if scope.get("root_path") else self._candidates(path):
                match = entry.pattern.match(path)
                if match is None:
                    continue
                if entry.app is None:
                    break
                if method in entry.methods:
                    _select(scope, entry.context, match.groupdict())
                    if not (entry.heeds_if_match or method in _ONLY_READ) and _is_conditional(scope):
                        await problem_response(scope, IfMatchUnheeded())(scope, receive, send)
                        return
                    await call_with_body(entry.app, scope, receive, send, entry.limit)
                    return
            await call_with_body(self._fallback, scope, receive, send, MAX_BODY_BYTES)
            return
        await self._fallback(scope, receive, send)

    def _candidates(self, path: str) -> list[_Entry]:
        first, count = _key(path)
        found = self._by_key.get((first, count))
        if found is None:
            found = [one for one in self._entries if one.first in (None, first) and one.segments in (None, count)]
            if len(self._by_key) < _REMEMBERED:
                self._by_key[first, count] = found
        return found


def _is_conditional(scope: Scope) -> bool:
    """Whoever says what is to be overwritten must not overwrite what somebody else wrote."""
    return any(name == b"if-match" for name, _ in scope["headers"])


def _select(scope: Scope, context: RouteContext, texts: dict[str, str]) -> None:
    """What FastAPI's router leaves in the scope of a request."""
    convertors = context.param_convertors
    scope["path_params"] = {name: convertors[name].convert(text) for name, text in texts.items()}
    scope["endpoint"] = context.endpoint
    scope["route"] = context.original_route
    scope["pilothouse.route"] = context.path_format


def _entries(routes: Sequence[BaseRoute]) -> list[_Entry]:
    entries: list[_Entry] = []
    for context in iter_route_contexts(routes):
        pattern: Pattern[str] | None = getattr(context, "path_regex", None)
        if pattern is None or isinstance(context.original_route, Host):
            break  # what cannot be ordered among the rest, and all behind it, is the router's
        entries.append(_entry(context, pattern))
    return entries


def _entry(context: RouteContext, pattern: Pattern[str]) -> _Entry:
    convertors: dict[str, Any] = context.param_convertors
    fixed_length = all(type(one).__name__ != "PathConvertor" for one in convertors.values())
    first, count = _key(context.path_format or "")
    is_api = isinstance(context.original_route, APIRoute)
    heeds_if_match = is_api and reads_header(context.dependant, "if-match")
    if is_api:
        ask_once(context.dependant)
    return _Entry(
        pattern=pattern,
        first=None if "{" in first else first,
        segments=count if fixed_length else None,
        methods=frozenset(context.methods or ()),
        app=context.app if is_api else None,
        context=context,
        heeds_if_match=heeds_if_match,
        limit=(getattr(context, "max_body_size", None) or MAX_BODY_BYTES),
    )


def _key(path: str) -> _Key:
    parts = path.split("/", 2)
    return (parts[1] if len(parts) > 1 else ""), path.count("/")
