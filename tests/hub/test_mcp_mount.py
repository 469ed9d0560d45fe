"""Tools for agents at the hub: how often they may be called, and what refusals and failures look like."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
import stamina
from mcp.server.mcpserver.exceptions import ToolError

from pilothouse.hub import mcp_mount
from pilothouse.hub.settings import HubSettings
from pilothouse.mcp_server.hub import Hub as Tools
from tests.support.guarded import guarded_hub

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


@ONLY_SQLITE
async def test_an_agent_calls_tools_as_often_as_it_has_to_and_who_guesses_does_not(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings, agent_auth_limit=3) as hub:
        board = (await hub.operator.post("/api/v1/boards", json={"name": "Line 3"})).json()["id"]
        token = (await hub.operator.post("/api/v1/agents", json={"name": "Tessa", "board_id": board})).json()["token"]
        asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_boards", "arguments": {}}}
        accepting = {"Accept": "application/json, text/event-stream"}

        async def call(secret: str) -> httpx2.Response:
            return await hub.call(None, "POST", "/mcp", json=asked, headers={**accepting, "X-Agent-Token": secret})

        right = [await call(token) for _ in range(8)]
        wrong = [await call(token[:-3] + "xyz") for _ in range(4)]

    assert [one.status_code for one in right] == [200] * 8
    assert all("Line 3" in one.text for one in right)
    assert [one.status_code for one in wrong] == [401, 401, 401, 429]
    last = wrong[-1].json()
    assert last["jsonrpc"] == "2.0"
    assert last["error"]["message"].startswith(last["detail"])
    assert f"[{last['code']}, request {last['request_id']}]" in last["error"]["message"]


async def test_a_tool_waits_when_the_hub_says_so_and_gives_up_when_that_takes_long() -> None:
    told = iter(["7", "7", "3600"])

    def answer(request: httpx2.Request) -> httpx2.Response:
        wait_s = next(told)
        refusal = {"detail": f"Wait {wait_s} s.", "code": "throttled", "request_id": "req_1"}
        if request.url.path == "/once" and wait_s == "7" and (seen.append(1) or len(seen) > 1):
            return httpx2.Response(200, json={"done": True})
        return httpx2.Response(429, json=refusal, headers={"Retry-After": wait_s})

    seen: list[int] = []
    with stamina.set_testing(True, attempts=2):
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="http://hub") as client:
            assert await Tools(client).get("/once") == {"done": True}
            with pytest.raises(ToolError, match=r"Wait 3600 s\. \[throttled, request req_1\]"):
                await Tools(client).get("/long")
