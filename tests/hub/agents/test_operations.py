"""The description of mission control tells an agent what it needs, for every operation there is."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from pilothouse.hub.agents.domain.catalogue import CATALOGUE
from pilothouse.hub.agents.domain.operations import AGENT_ROOT
from pilothouse.hub.agents.service.describing import entry, operations_of, status_of_code
from pilothouse.hub.agents.service.manifest import MOST_BYTES
from pilothouse.hub.app import create_app
from pilothouse.hub.settings import HubSettings
from tests.support.missions import make_board, register

Described = tuple[str, str, dict[str, Any]]
FIELDS = ("x-required-actor", "x-required-role", "x-llm-intent", "x-when-to-use", "x-side-effects")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(HubSettings(data=tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def operations(app: FastAPI) -> list[Described]:
    return list(operations_of(app.openapi()))


def names(found: list[Described]) -> list[str]:
    return [f"{method.upper()} {path}" for method, path, _ in found]


def test_there_are_operations_of_every_part(operations: list[Described]) -> None:
    paths = {path for _, path, _ in operations}

    for part in ("organizations", "boards", "agents", "activity", "agent/heartbeat"):
        assert any(path.startswith(f"/api/v1/{part}") for path in paths), part


def test_every_operation_is_in_the_catalogue(operations: list[Described]) -> None:
    assert names([one for one in operations if entry(one[0], one[1]) is None]) == []


def test_the_catalogue_holds_nothing_that_is_not_there(operations: list[Described]) -> None:
    # What agents read of incidents is the fleet's otherwise.
    shared = {name.replace(AGENT_ROOT, "/api/v1/") for name in names(operations) if AGENT_ROOT in name}

    assert sorted(CATALOGUE.keys() - set(names(operations)) - shared) == []


@pytest.mark.parametrize("field", FIELDS)
def test_every_operation_says_it(operations: list[Described], field: str) -> None:
    assert names([one for one in operations if field not in one[2]]) == []


def test_what_changes_something_says_what(operations: list[Described]) -> None:
    silent = [one for one in operations if one[0] not in ("get", "head") and not one[2]["x-side-effects"]]

    assert names(silent) == []


def test_whoever_needs_a_credential_is_told_which(operations: list[Described]) -> None:
    open_to_all = [one for one in operations if not one[2].get("security")]

    # Webhooks carry a signature of their own; invites are a credential themselves.
    assert {path for _, path, _ in open_to_all if "webhooks" not in path and "invites" not in path} <= {
        "/api/v1/auth/session"
    }


def test_only_agents_are_asked_for_on_their_surface(operations: list[Described]) -> None:
    own = [one for one in operations if one[1].startswith(AGENT_ROOT)]

    assert {one[2]["x-required-actor"] for one in own} == {"agent"}
    assert all({"agent": []} in one[2]["security"] for one in own)


def test_every_documented_error_is_one_that_something_raises(operations: list[Described]) -> None:
    unknown = {code for known in CATALOGUE.values() for code in known.codes if status_of_code(code) is None}

    assert unknown == set()
    assert names([one for one in operations if not documented(one[2])]) == []


def documented(operation: dict[str, Any]) -> list[str]:
    return [code for response in operation["responses"].values() for code in response.get("x-codes", ())]


def test_what_takes_agents_says_how_often_they_may_ask(operations: list[Described]) -> None:
    taking = [one for one in operations if "agent" in one[2]["x-required-actor"]]

    assert names([one for one in taking if "x-ratelimit-limit" not in one[2]]) == []


def test_no_two_operations_of_the_surface_have_one_intent(operations: list[Described]) -> None:
    intents = [one[2]["x-llm-intent"] for one in operations if one[1].startswith(AGENT_ROOT)]

    assert len(intents) == len(set(intents))


@pytest.mark.anyio
@pytest.mark.parametrize("role", ["lead", "worker"])
async def test_the_manifest_of_a_role_is_short_and_complete(client: httpx2.AsyncClient, role: str) -> None:
    agent = await register(client, await make_board(client), role=role)

    answer = await client.get("/api/v1/agent/manifest", headers=agent.headers)

    assert answer.status_code == 200
    assert len(answer.content) < MOST_BYTES
    manifest = answer.json()
    calls = [one["call"] for one in manifest["operations"]]
    assert manifest["you"]["role"] == role
    for needed in ("/tasks", "/claim", "/comments", "/memory", "/approvals", "agent/inbox", "agent/heartbeat"):
        assert any(needed in call for call in calls), needed
    assert ("POST /api/v1/agent/workers" in calls) == (role == "lead")


@pytest.mark.anyio
async def test_what_a_manifest_names_is_there(client: httpx2.AsyncClient, hub_app: FastAPI) -> None:
    agent = await register(client, await make_board(client), role="lead")
    described = set(names(list(operations_of(hub_app.openapi()))))

    manifest = (await client.get("/api/v1/agent/manifest", headers=agent.headers)).json()

    assert {one["call"] for one in manifest["operations"]} <= described
