"""Who may read a recording is asked once every few seconds, not for each of a viewer's thousands of ranges.

A route that has let a caller in returns ``remember(request, response)``. For the next seconds the same request line
with the same credentials is answered at once, before routing, dependencies and database. A file that is gone or was
replaced ends the pass; a right that was withdrawn ends with it after ``LIFETIME_S`` at the latest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pilothouse.kit.errors import Problem
from pilothouse.web.ranges.response import RangeResponse, SourceChanged

LIFETIME_S = 5.0
# A pass is a few hundred bytes; more readers than this at once ask more often.
MOST = 1_000
_CREDENTIALS = frozenset((b"authorization", b"cookie", b"x-agent-token", b"x-organization-id"))
_Key = tuple[bytes, tuple[tuple[bytes, bytes], ...]]


@dataclass(frozen=True, slots=True)
class _Pass:
    response: RangeResponse
    route: str | None
    ends_at: float


class ReadPasses:
    """The layer that answers remembered reads; everything else goes on to the application."""

    def __init__(self, app: ASGIApp, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._monotonic = monotonic
        self._passes: dict[str, dict[_Key, _Pass]] = {}
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["pilothouse.passes"] = self
            by_key = self._passes.get(scope["path"])
            if by_key is not None and scope["method"] == "GET" and await self._answered(by_key, scope, receive, send):
                return
        await self._app(scope, receive, send)

    async def _answered(self, by_key: dict[_Key, _Pass], scope: Scope, receive: Receive, send: Send) -> bool:
        key = _key(scope)
        found = by_key.get(key)
        if found is None:
            return False
        if self._monotonic() < found.ends_at:
            scope["pilothouse.route"] = found.route
            try:
                await found.response(scope, receive, send)
            except (Problem, SourceChanged):
                pass  # raised before anything was sent: the route says what has become of the file
            else:
                return True
        self._drop(scope["path"], key)
        return False

    def add(self, scope: Scope, response: RangeResponse, lifetime_s: float = LIFETIME_S) -> None:
        """Let the same request through from now on, for a while."""
        if self._count >= MOST:
            self._passes.clear()
            self._count = 0
        by_key = self._passes.setdefault(scope["path"], {})
        key = _key(scope)
        self._count += key not in by_key
        by_key[key] = _Pass(response, scope.get("pilothouse.route"), self._monotonic() + lifetime_s)

    def _drop(self, path: str, key: _Key) -> None:
        by_key = self._passes.get(path, {})
        if by_key.pop(key, None) is not None:
            self._count -= 1
        if not by_key:
            self._passes.pop(path, None)


def remember(request: Request, response: RangeResponse, *, lifetime_s: float = LIFETIME_S) -> RangeResponse:
    """Answer the same caller's next reads of the same file without asking again; returns the response."""
    passes = request.scope.get("pilothouse.passes")
    if isinstance(passes, ReadPasses) and request.method == "GET":
        passes.add(request.scope, response, lifetime_s)
    return response


def _key(scope: Scope) -> _Key:
    presented = tuple((name, value) for name, value in scope["headers"] if name in _CREDENTIALS)
    return scope["query_string"], presented
