"""`/mcp`: the tools for AI agents, at the hub itself.

A tool asks this hub as whoever called would, over its own API and with what they showed: nothing is decided here.
The library behind it costs as much memory as the rest of the hub, so it is loaded when somebody first asks.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pilothouse.hub.identity.auth import COUNTED, talker_of
from pilothouse.kit.errors import NotFound, Problem, Unavailable
from pilothouse.kit.logs import get_logger
from pilothouse.web.errors import problem_response

log = get_logger(__name__)

PATH = "/mcp"
# Of the numbers that the protocol leaves to servers.
REFUSED = -32_001


class ToolsNotInstalled(NotFound):
    """This hub has no tools for agents; run: pip install 'pilothouse[mcp]' and start it again."""


class ToolsBroken(Unavailable):
    """The tools for agents cannot be started; the hub's log says why."""


class McpMount:
    """Speaks the Model Context Protocol over streamable HTTP; each request stands for itself, at whichever hub."""

    def __init__(self, hub: ASGIApp) -> None:
        self._hub = hub
        self._wanted = asyncio.Event()
        self._made: asyncio.Future[ASGIApp] | None = None

    @property
    def route(self) -> Route:
        return Route(PATH, self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await talker_of(HTTPConnection(scope))
            app = await self._app()
        except Problem as problem:
            await _refusal(scope, problem)(scope, receive, send)
            return
        await app(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Own what the protocol needs to run, from the first request to the end of the hub."""
        self._made = asyncio.get_running_loop().create_future()
        owner = asyncio.create_task(self._own(self._made), name="tools for agents")
        try:
            yield
        finally:
            owner.cancel()
            await asyncio.wait({owner})
            self._made.cancel()

    async def _app(self) -> ASGIApp:
        assert self._made is not None
        self._wanted.set()
        return await asyncio.shield(self._made)

    async def _own(self, made: asyncio.Future[ASGIApp]) -> None:
        await self._wanted.wait()
        try:
            manager = await asyncio.to_thread(_manager, self._hub)
            async with manager.run():
                made.set_result(manager.handle_request)
                await asyncio.Event().wait()
        except ModuleNotFoundError:
            made.set_exception(ToolsNotInstalled())
        except Exception:  # whatever a library does must leave nobody waiting
            log.exception("there are no tools for agents at /mcp")
            if not made.done():
                made.set_exception(ToolsBroken())


def _refusal(scope: Scope, problem: Problem) -> Response:
    """What every refusal says, and the same as the protocol says it: its clients show nothing else to anybody."""
    response = problem_response(scope, problem)
    said = json.loads(bytes(response.body))
    message = f"{said['detail']} [{said['code']}, request {said['request_id']}]"
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": REFUSED, "message": message}}
    response.body = response.render(json.dumps({**said, **error}))
    response.headers["content-length"] = str(len(response.body))
    return response


def _manager(hub: ASGIApp) -> Any:
    import httpx2
    from mcp.server.transport_security import TransportSecuritySettings

    from pilothouse.mcp_server import build_server
    from pilothouse.mcp_server.hub import forwarded

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        await hub({**scope, COUNTED: True}, receive, send)

    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=counted), base_url="http://hub")
    server = build_server(forwarded(client))
    # Whoever calls shows a credential; the names a hub goes by are its proxy's business.
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    server.streamable_http_app(stateless_http=True, transport_security=security)
    return server.session_manager


def add_to(app: FastAPI) -> McpMount:
    """Answer at `/mcp`."""
    mount = McpMount(app)
    app.router.routes.append(mount.route)
    return mount
