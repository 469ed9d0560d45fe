from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from pilothouse.hub import ui
from pilothouse.hub.app import create_app
from pilothouse.hub.settings import HubSettings
from pilothouse.web import public_routes
from tests.hub.conftest import client_of

PUBLIC = {
    "/",
    "/api/links/{token}/{session_id}.mcap",
    "/health",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/oauth2-redirect",
    "/docs/assets/{name}",
    "/redoc",
    # The credential is in the body: a password, a token, a code or an invite.
    "/api/v1/auth/session",
    "/api/v1/organizations/invites/accept",
    # The web UI: the same for everybody; what it shows it asks the API for.
    *ui.PUBLIC,
    # The one-time code is the credential.
    "/api/v1/robots/enroll",
    # Its signature is the credential.
    "POST /api/v1/boards/{board_id}/webhooks/{webhook_id}",
}


@pytest.fixture
def guarded(tmp_path: Path) -> FastAPI:
    return create_app(HubSettings(data=tmp_path, mode="fleet", hub_auth_password=SecretStr("secret")))


def test_every_route_declares_its_caller_or_is_listed_as_public(guarded: FastAPI) -> None:
    # The tools for AI agents are an application of their own, which asks who calls by itself, see below.
    assert [route for route in public_routes(guarded) if not route.endswith(" /mcp")] == []
    assert guarded.state.public == PUBLIC


def test_every_operation_of_the_description_has_a_security_scheme_unless_it_is_public(guarded: FastAPI) -> None:
    without = {
        f"{method.upper()} {path}" if f"{method.upper()} {path}" in PUBLIC else path
        for path, operations in guarded.openapi()["paths"].items()
        for method, operation in operations.items()
        if not operation.get("security")
    }

    assert without <= PUBLIC


@pytest.mark.anyio
async def test_every_route_that_is_not_public_refuses_a_stranger(guarded: FastAPI) -> None:
    refusals: dict[str, int] = {}
    async with client_of(guarded) as client:
        for path, method in operations(guarded.openapi()):
            if not {path, f"{method} {path}"} & PUBLIC:
                refusals[f"{method} {path}"] = await refused(client, method, path)
        refusals["POST /mcp"] = await refused(client, "POST", "/mcp")

    assert len(refusals) > 10
    assert set(refusals.values()) == {401}, refusals


def operations(description: dict[str, Any]) -> list[tuple[str, str]]:
    return [(path, method.upper()) for path, methods in description["paths"].items() for method in methods]


async def refused(client: httpx2.AsyncClient, method: str, path: str) -> int:
    filled = path.replace("{annotation_id}", "1").replace("{", "").replace("}", "")
    # What is sent says nothing: a stranger is turned away before anybody looks at it.
    return (
        await client.request(method, filled, content=b"{}", headers={"content-type": "application/json"})
    ).status_code
