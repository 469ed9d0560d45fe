"""A hub that knows its operators, and one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from pilothouse.hub.settings import HubSettings
from tests.hub.conftest import client_of, closed


@pytest.fixture
def hub_settings(hub_settings: HubSettings) -> HubSettings:
    return closed(hub_settings)


@pytest.fixture
async def eva(hub_app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator."""
    async with client_of(hub_app, auth=("eva", "hunter2")) as client:
        yield client
