"""Is it alive, can it work, what does it count."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from starlette.responses import Response

from pilothouse.kit.errors import Problem
from pilothouse.kit.logs import get_logger
from pilothouse.web.errors import error_response
from pilothouse.web.measure import exposition

Check = Callable[[], Awaitable[str | None]]
"""Proves that one thing works, or raises; a Problem's sentence is shown to the caller. What it answers, if
anything, stands for `ok`."""

Health = Callable[[], Mapping[str, object]]

# An orchestrator usually allows 5 s; each check has less, and all run at once.
CHECK_DEADLINE_S = 2.0
_PLAIN_TEXT = {"response_class": Response, "responses": {200: {"content": {"text/plain": {}}}}}
PROBE_PATHS = ("/health", "/healthz", "/readyz", "/metrics")

log = get_logger("pilothouse.web")


def probe_router(health: Health | None, readiness: Mapping[str, Check], registry: CollectorRegistry) -> APIRouter:
    """The four routes every service answers to anybody."""
    router = APIRouter(tags=["service"])

    async def alive() -> dict[str, Any]:
        """The process lives."""
        return {"ok": True, **(health() if health else {})}

    async def ready(request: Request) -> Response:
        """The service can work: everything it needs answers."""
        return await _readiness(request, readiness)

    async def metrics() -> Response:
        """Prometheus text."""
        return exposition(registry)

    for path, endpoint in (("/health", alive), ("/healthz", alive), ("/readyz", ready), ("/metrics", metrics)):
        name = f"{endpoint.__name__}_{path.strip('/')}"
        text: dict[str, Any] = _PLAIN_TEXT if endpoint is metrics else {}
        router.add_api_route(path, endpoint, name=name, methods=["GET"], summary=endpoint.__doc__, **text)
        router.add_api_route(path, endpoint, name=f"{name}_head", methods=["HEAD"], include_in_schema=False)
    return router


async def _readiness(request: Request, checks: Mapping[str, Check]) -> Response:
    findings = await asyncio.gather(*(_look(name, check) for name, check in checks.items()))
    found = {name: said for name, (_, said) in zip(checks, findings, strict=True)}
    wrong = "; ".join(f"{name}: {said}" for name, (works, said) in zip(checks, findings, strict=True) if not works)
    if not wrong:
        return JSONResponse({"ok": True, "checks": found})
    return error_response(request.scope, 503, wrong, "not_ready", more={"ok": False, "checks": found})


async def _look(name: str, check: Check) -> tuple[bool, str]:
    """Whether one thing works, and what is said about it."""
    try:
        async with asyncio.timeout(CHECK_DEADLINE_S):
            return True, await check() or "ok"
    except Problem as problem:
        return False, problem.sentence
    except TimeoutError:
        return False, f"no answer within {CHECK_DEADLINE_S:g} s"
    except Exception:
        log.warning("readiness check failed", check=name, exc_info=True)
        return False, "failed; see the log"
