"""A hub with a board and a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pilothouse.hub.settings import HubSettings
from tests.support.boards import Office
from tests.support.guarded import guarded_hub


@pytest.fixture
async def office(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[Office]:
    """With a board that asks for nothing."""
    async with guarded_hub(hub_settings, agent_auth_limit=0) as guarded:
        office = Office(guarded)
        await office.open_board()
        yield office
