"""A hub behind a password, with a clock that stands still, and callers of every kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from fastapi import FastAPI
from pydantic import SecretStr

from pilothouse.hub.app import create_app
from pilothouse.hub.composition import Hub
from pilothouse.hub.events import HUB_STREAM
from pilothouse.hub.fleet import FleetServices
from pilothouse.hub.identity import Tokens
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import NS_PER_S, ManualClock

PASSWORD = "correct horse"
SHARED = "robots-share-this"
START_NS = 1_778_572_800 * NS_PER_S  # 2026-05-12 08:00 UTC


@dataclass
class Guarded:
    """One started hub."""

    app: FastAPI
    clock: ManualClock
    operator: httpx2.AsyncClient

    @property
    def hub(self) -> Hub:
        hub = self.app.state.hub
        assert isinstance(hub, Hub)
        return hub

    @property
    def tokens(self) -> Tokens:
        tokens = self.app.state.tokens
        assert isinstance(tokens, Tokens)
        return tokens

    @property
    def fleet(self) -> FleetServices:
        fleet = self.app.state.fleet
        assert isinstance(fleet, FleetServices)
        return fleet

    async def status(self, token: str | None, method: str = "GET", path: str = "/api/v1/robots", **more: Any) -> int:
        return (await self.call(token, method, path, **more)).status_code

    async def call(
        self, token: str | None, method: str = "GET", path: str = "/api/v1/robots", **more: Any
    ) -> httpx2.Response:
        """A request of whoever holds a token, or of nobody in particular."""
        headers = {**more.pop("headers", {}), **({} if token is None else {"Authorization": f"Bearer {token}"})}
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await client.request(method, path, headers=headers, **more)

    async def token(self, *scopes: str, **more: Any) -> str:
        """A new API token."""
        made = await self.operator.post("/auth/tokens", json={"name": "ci", "scopes": scopes, **more})
        assert made.status_code == 201, made.text
        return str(made.json()["token"])

    async def invite(self, robot_id: str | None = None, **more: Any) -> str:
        """A code that lets a robot in."""
        made = await self.operator.post("/api/v1/robots/enrolments", json={"robot_id": robot_id, **more})
        assert made.status_code == 201, made.text
        return str(made.json()["code"])

    async def enrol(self, code: str, robot_id: str, **more: Any) -> httpx2.Response:
        body = {"code": code, "robot_id": robot_id, **more}
        return await self.call(None, "POST", "/api/v1/robots/enroll", json=body)

    async def robot(self, robot_id: str) -> str:
        """The token of a robot that was just let in."""
        answer = await self.enrol(await self.invite(robot_id), robot_id)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    async def beat(self, robot_id: str, token: str | None = SHARED, **more: Any) -> httpx2.Response:
        return await self.call(token, "POST", "/api/v1/agents/heartbeat", json={"robot_id": robot_id, **more})

    async def told(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of every event of a kind."""
        return [event.payload for event in await self.hub.events.since(HUB_STREAM, 0) if event.kind == kind]


@asynccontextmanager
async def guarded_hub(settings: HubSettings, clock: ManualClock | None = None, **more: Any) -> AsyncIterator[Guarded]:
    """A started hub that asks everybody for a credential."""
    secrets = {"hub_auth_password": SecretStr(PASSWORD), "hub_auth_token": SecretStr(SHARED)}
    clock = clock or ManualClock(START_NS)
    # Whoever tests debug sessions says so: their worker looks for work several times a second.
    app = create_app(settings.model_copy(update={"lab_worker": False, **secrets, **more}), clock=clock)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        operator = httpx2.AsyncClient(transport=transport, base_url="http://hub", auth=("anna", PASSWORD))
        yield Guarded(app, clock, await stack.enter_async_context(operator))
