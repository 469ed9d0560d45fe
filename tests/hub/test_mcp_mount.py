"""Tools for agents at the hub, when what they are made of fails."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from pilothouse.hub import mcp_mount

pytestmark = pytest.mark.anyio
ONLY_SQLITE = pytest.mark.parametrize("dialect", ["sqlite"])


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (ModuleNotFoundError("No module named 'mcp'"), 404, "tools_not_installed"),
        (ImportError("cannot import name 'Server' from 'mcp'"), 503, "tools_broken"),
    ],
)
async def test_everybody_who_asks_is_answered(
    monkeypatch: pytest.MonkeyPatch, client: httpx2.AsyncClient, failure: Exception, status: int, code: str
) -> None:
    def failing(_hub: object) -> None:
        raise failure

    monkeypatch.setattr(mcp_mount, "_manager", failing)

    async with asyncio.timeout(20):
        answers = [await client.post("/mcp", json={}) for _ in range(2)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(status, code)] * 2
