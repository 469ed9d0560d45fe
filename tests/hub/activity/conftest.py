"""A hub that needs credentials, and somebody who may see everything of its home organization."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from pilothouse.hub.settings import HubSettings
from tests.hub.conftest import client_of

OWNER_TOKEN = "an-owners-token"
OWNER = {"Authorization": f"Bearer {OWNER_TOKEN}"}


@pytest.fixture
def hub_settings(hub_settings: HubSettings) -> HubSettings:
    return hub_settings.model_copy(update={"local_auth_token": SecretStr(OWNER_TOKEN)})


@pytest.fixture
async def owner(hub_app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """An owner of the home organization."""
    async with client_of(hub_app, headers=OWNER) as calling:
        yield calling
