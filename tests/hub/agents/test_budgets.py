"""What agents may use up in a day is counted, shown and enforced."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from pilothouse.hub.agents.service import AgentServices
from pilothouse.hub.app import create_app
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import ManualClock
from tests.hub.conftest import client_of
from tests.support.missions import PERSON, Agent, beat, make_board, make_task, register

pytestmark = pytest.mark.anyio

DAY_S = 86_400.0


async def with_budgets(client: httpx2.AsyncClient, **budgets: object) -> Agent:
    return await register(client, await make_board(client), budgets=budgets)


async def spent(client: httpx2.AsyncClient, agent: Agent) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/api/v1/agents/{agent.id}", headers=PERSON)).json()["spent"]
    return found


async def test_requests_beyond_the_budget_are_refused_until_midnight(
    client: httpx2.AsyncClient, clock: ManualClock
) -> None:
    tessa = await with_budgets(client, requests_per_day=3)

    answers = [await client.get("/api/v1/agent/me", headers=tessa.headers) for _ in range(5)]
    clock.advance(DAY_S / 2)  # it was noon
    tomorrow = await client.get("/api/v1/agent/me", headers=tessa.headers)

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json()["code"] == "request_budget_spent"
    assert answers[-1].headers["retry-after"] == "43200"
    assert tomorrow.status_code == 200


async def test_who_has_spent_everything_still_lives_and_learns_what_it_may(client: httpx2.AsyncClient) -> None:
    tessa = await with_budgets(client, requests_per_day=0)

    assert (await beat(client, tessa)).status_code == 200
    assert (await client.get("/api/v1/agent/usage", headers=tessa.headers)).status_code == 200
    assert (await client.get("/api/v1/agent/manifest", headers=tessa.headers)).status_code == 200
    assert (await client.get("/api/v1/agent/inbox", headers=tessa.headers)).status_code == 429
    # Through whatever door it comes.
    assert (await client.get("/api/v1/boards", headers=tessa.headers)).status_code == 429


async def test_what_was_used_up_survives_the_hub_and_counts_in_another_one(
    hub_app: FastAPI, hub_settings: HubSettings, client: httpx2.AsyncClient, agents: AgentServices, clock: ManualClock
) -> None:
    tessa = await with_budgets(client, requests_per_day=3)
    for _ in range(2):
        await client.get("/api/v1/agent/me", headers=tessa.headers)
    assert (await spent(client, tessa))["requests"] == 2
    await agents.roll.write()

    other = create_app(hub_settings, clock=clock)
    async with client_of(other) as second:
        shown = await spent(second, tessa)
        answers = [await second.get("/api/v1/agent/me", headers=tessa.headers) for _ in range(2)]

    assert shown["requests"] == 2
    assert [answer.status_code for answer in answers] == [200, 429]
    await other.state.hub.database.close()


async def test_a_budget_that_is_raised_lets_the_agent_go_on(client: httpx2.AsyncClient) -> None:
    tessa = await with_budgets(client, requests_per_day=1)
    for _ in range(2):
        refused = await client.get("/api/v1/agent/me", headers=tessa.headers)

    await client.patch(f"/api/v1/agents/{tessa.id}", json={"budgets": {"requests_per_day": 10}}, headers=PERSON)

    assert refused.status_code == 429
    assert (await client.get("/api/v1/agent/me", headers=tessa.headers)).status_code == 200


async def test_costs_add_up_and_stop_everything_but_looking_and_giving_back(client: httpx2.AsyncClient) -> None:
    tessa = await with_budgets(client, cost_per_day=1)
    board = tessa.board_id
    task = await make_task(client, board)
    claimed = await client.post(f"/api/v1/agent/boards/{board}/tasks/{task}/claim", headers=tessa.headers)
    assert claimed.status_code == 200, claimed.text

    for cost in (0.4, 0.7):
        answer = await client.post("/api/v1/agent/usage", json={"cost": cost}, headers=tessa.headers)
        assert answer.status_code == 200
    comment = await client.post(
        f"/api/v1/agent/boards/{board}/tasks/{task}/comments", json={"body": "x"}, headers=tessa.headers
    )
    looked = await client.get(f"/api/v1/agent/boards/{board}/tasks", headers=tessa.headers)
    released = await client.post(f"/api/v1/agent/boards/{board}/tasks/{task}/release", headers=tessa.headers)

    assert answer.json()["spent"]["cost"] == 1.1
    assert (comment.status_code, comment.json()["code"]) == (429, "cost_budget_spent")
    assert (looked.status_code, released.status_code) == (200, 200)


async def test_a_cost_that_is_none_is_refused(client: httpx2.AsyncClient) -> None:
    tessa = await with_budgets(client)

    for cost in (-1, 1e300, "x", None):
        answer = await client.post("/api/v1/agent/usage", json={"cost": cost}, headers=tessa.headers)

        assert answer.status_code == 422, cost


async def test_an_agent_creates_and_claims_so_many_tasks_a_day(client: httpx2.AsyncClient, clock: ManualClock) -> None:
    tessa = await with_budgets(client, tasks_per_day=2)
    board = tessa.board_id
    tasks = [await make_task(client, board) for _ in range(2)]

    async def claim(task: str) -> httpx2.Response:
        return await client.post(f"/api/v1/agent/boards/{board}/tasks/{task}/claim", headers=tessa.headers)

    made = await client.post(f"/api/v1/agent/boards/{board}/tasks", json={"title": "x"}, headers=tessa.headers)
    first, second = await claim(tasks[0]), await claim(tasks[1])
    clock.advance(DAY_S / 2)
    tomorrow = await claim(tasks[1])

    assert (made.status_code, first.status_code) == (201, 200)
    assert (second.status_code, second.json()["code"]) == (429, "task_budget_spent")
    assert tomorrow.status_code == 200


async def test_a_claim_that_is_refused_costs_nothing(client: httpx2.AsyncClient) -> None:
    tessa = await with_budgets(client, tasks_per_day=1)
    task = await make_task(client, tessa.board_id)
    rob = await register(client, tessa.board_id, "Rob")
    path = f"/api/v1/agent/boards/{tessa.board_id}/tasks/{task}/claim"
    assert (await client.post(path, headers=rob.headers)).status_code == 200

    lost = await client.post(path, headers=tessa.headers)

    assert lost.status_code == 409
    assert (await spent(client, tessa))["tasks"] == 0
