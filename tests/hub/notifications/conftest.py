"""A hub that may notify receivers on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from pilothouse.hub.settings import HubSettings
from tests.hub.conftest import client_of
from tests.support.receivers import Receiver, receiving

PASSWORD = "secret"


@pytest.fixture
def hub_settings(hub_settings: HubSettings) -> HubSettings:
    """Closed, and allowed to call loopback without TLS."""
    own = {
        "hub_auth_password": SecretStr(PASSWORD),
        "notify_private_addresses": True,
        "notify_plain_http": True,
        # Who hangs hangs for the whole of a test.
        "notify_timeout_s": 60.0,
    }
    return hub_settings.model_copy(update=own)


@pytest.fixture
async def operator(hub_app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A person who signed in."""
    async with client_of(hub_app, auth=("ada", PASSWORD)) as calling:
        yield calling


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one
