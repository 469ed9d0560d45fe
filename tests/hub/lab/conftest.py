"""A hub whose lab is asked by somebody who may do everything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from pilothouse.hub.settings import HubSettings
from tests.hub.conftest import client_of
from tests.support.labs import OPERATOR, REPOSITORY


@pytest.fixture
def hub_settings(database_address: str, tmp_path: Path) -> HubSettings:
    """A hub that runs no sessions by itself: what is queued stays queued."""
    return HubSettings(
        data=tmp_path / "data", database_url=database_address, host="127.0.0.1", port=0, local_auth_token=OPERATOR,
        lab_worker=False, lab_artifact_mb=1,
    )  # fmt: skip


@pytest.fixture
async def lab(hub_app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator, and a repository."""
    async with client_of(hub_app, headers={"Authorization": f"Bearer {OPERATOR}"}) as calling:
        (await calling.post("/repository/init", json=REPOSITORY)).raise_for_status()
        yield calling
