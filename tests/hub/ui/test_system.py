"""What a hub says of itself to whoever tends it, and to nobody else."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from pilothouse import __version__
from pilothouse.hub.app import create_app
from pilothouse.hub.settings import HubSettings
from tests.hub.conftest import client_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(hub_settings: HubSettings) -> FastAPI:
    return create_app(hub_settings.model_copy(update={"hub_auth_password": SecretStr("secret")}))


async def test_a_hub_says_its_versions_and_where_it_keeps_things_but_no_address(app: FastAPI) -> None:
    async with app.router.lifespan_context(app), client_of(app) as client:
        answer = await client.get("/api/v1/system", auth=("operator", "secret"))

    facts = answer.raise_for_status().json()
    assert (facts["version"], facts["mode"], facts["storage"]) == (__version__, "single", "directory")
    assert facts["database"] in ("sqlite", "postgresql")
    assert facts["database_version"]
    assert facts["schema_revision"] >= "0016"
    assert "://" not in answer.text


async def test_nobody_else_is_told(app: FastAPI) -> None:
    async with app.router.lifespan_context(app), client_of(app) as client:
        assert (await client.get("/api/v1/system")).status_code == 401
