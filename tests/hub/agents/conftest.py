"""A hub with a person at it, and a clock that stands still until it is moved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from pilothouse.hub.agents.service import AgentServices
from pilothouse.hub.app import create_app
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import ManualClock
from tests.support.missions import LOCAL_TOKEN


@pytest.fixture
def hub_settings(database_address: str, tmp_path: Path) -> HubSettings:
    return HubSettings(
        data=tmp_path / "data", database_url=SecretStr(database_address), host="127.0.0.1", port=0,
        local_auth_token=SecretStr(LOCAL_TOKEN), agent_auth_limit=0, lab_worker=False,
    )  # fmt: skip


@pytest.fixture
def clock() -> ManualClock:
    """Noon, UTC, in May."""
    return ManualClock(1_778_587_200 * 1_000_000_000)


@pytest.fixture
async def hub_app(hub_settings: HubSettings, clock: ManualClock, anyio_backend: str) -> AsyncIterator[FastAPI]:
    """The hub, started."""
    app = create_app(hub_settings, clock=clock)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def agents(hub_app: FastAPI) -> AgentServices:
    """What the started hub knows of agents."""
    found = hub_app.state.agents
    assert isinstance(found, AgentServices)
    return found
