"""A hub that knows its operators, and one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from pilothouse.hub.app import create_app
from pilothouse.hub.settings import HubSettings
from tests.hub.conftest import client_of


@pytest.fixture
async def hub_app(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[FastAPI]:
    """A hub that knows its operators."""
    known = {"hub_auth_password": SecretStr("hunter2"), "hub_auth_token": SecretStr("robots")}
    app = create_app(hub_settings.model_copy(update=known))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def eva(hub_app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator."""
    async with client_of(hub_app, auth=("eva", "hunter2")) as client:
        yield client
