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
from tests.support.examples import least_body
from tests.support.guarded import guarded_hub

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


# Not pages: places in a recording, those most alike, what an agent has not read, the bytes of a log.
NO_PAGES = {
    "/api/sessions/{session_id}/messages",
    "/api/v1/incidents/{incident_id}/similar",
    "/api/v1/agent/inbox",
    "/sessions/{session_id}/commands/{command_id}/output",
}


def test_every_list_is_asked_for_and_answered_in_the_same_way(guarded: FastAPI) -> None:
    description = guarded.openapi()
    different: dict[str, object] = {}
    for path, methods in description["paths"].items():
        asked = {one["name"]: one["schema"] for one in methods.get("get", {}).get("parameters", ())}
        if "limit" in asked and path not in NO_PAGES:
            answer = methods["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
            answered = set(description["components"]["schemas"][answer.rpartition("/")[2]]["properties"])
            missing = {"sessions" if path == "/api/sessions" else "items", "total", "limit", "offset"} - answered
            limits = [asked["limit"].get(name) for name in ("default", "minimum", "maximum")]
            if missing or limits != [50, 1, 200] or "offset" not in asked:
                different[path] = (missing, limits)

    assert different == {}


READING = ("fleet:read", "boards:read", "sessions:read", "artifacts:read")
# What is asked for with POST and changes nothing: a look at a robot that is live, a ticket to watch with.
ASKED_FOR = {"POST /api/v1/robots/{robot_id}/live/requests", "POST /sessions/{session_id}/logs/ticket"}


@pytest.mark.anyio
async def test_a_token_that_grants_nothing_opens_nothing_and_one_that_reads_changes_nothing(tmp_path: Path) -> None:
    opened: dict[str, int] = {}
    # Who may what does not depend on the database.
    async with guarded_hub(HubSettings(data=tmp_path)) as hub:
        description = hub.app.openapi()
        nothing, reading = [
            {"Authorization": f"Bearer {(await hub.operator.post('/auth/tokens', json=new)).json()['token']}"}
            for new in ({"name": "x", "scopes": []}, {"name": "x", "scopes": READING})
        ]
        async with client_of(hub.app) as client:
            for path, method in operations(description):
                name = f"{method} {path}"
                changes = method not in ("GET", "HEAD", "OPTIONS") and name not in ASKED_FOR
                body = least_body(description, description["paths"][path][method.lower()])
                for token in () if {path, name} & PUBLIC else (nothing, reading)[: 1 + changes]:
                    answer = await client.request(method, _filled(path), headers=token, json=body)
                    if answer.status_code != 403:
                        opened[f"{name} {'by one that reads' if token is reading else ''}"] = answer.status_code

    assert opened == {}


def _filled(path: str) -> str:
    return path.replace("{annotation_id}", "1").replace("{", "").replace("}", "")


def operations(description: dict[str, Any]) -> list[tuple[str, str]]:
    return [(path, method.upper()) for path, methods in description["paths"].items() for method in methods]


async def refused(client: httpx2.AsyncClient, method: str, path: str) -> int:
    # What is sent says nothing: a stranger is turned away before anybody looks at it.
    return (
        await client.request(method, _filled(path), content=b"{}", headers={"content-type": "application/json"})
    ).status_code
