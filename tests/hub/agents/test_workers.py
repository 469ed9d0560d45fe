"""A lead makes and removes workers, on its own board and within its own rights."""

from __future__ import annotations

import httpx2
import pytest

from tests.support.missions import PERSON, Agent, agent_of, make_board, make_task, register

pytestmark = pytest.mark.anyio

WORKERS = "/api/v1/agent/workers"


@pytest.fixture
async def lead(client: httpx2.AsyncClient) -> Agent:
    board = await make_board(client, max_agents=3)
    budgets = {"requests_per_day": 100, "cost_per_day": 5}
    return await register(client, board, role="lead", budgets=budgets)


async def spawn(client: httpx2.AsyncClient, lead: Agent, name: str = "Rob", **facts: object) -> httpx2.Response:
    return await client.post(WORKERS, json={"name": name, **facts}, headers=lead.headers)


async def test_a_lead_makes_a_worker_that_can_begin_at_once(client: httpx2.AsyncClient, lead: Agent) -> None:
    made = await spawn(client, lead)
    rob = agent_of(made.json())
    me = (await client.get("/api/v1/agent/me", headers=rob.headers)).json()

    assert made.status_code == 201
    assert (me["role"], me["board_id"], me["spawned_by"]) == ("worker", lead.board_id, lead.id)
    assert me["budgets"] == {"requests_per_day": 100, "tasks_per_day": None, "cost_per_day": 5.0}


async def test_workers_make_nobody(client: httpx2.AsyncClient, lead: Agent) -> None:
    rob = agent_of((await spawn(client, lead)).json())

    answers = [
        await spawn(client, rob, "Uma"),
        await client.delete(f"{WORKERS}/{lead.id}", headers=rob.headers),
        await client.post(f"{WORKERS}/{lead.id}/token", headers=rob.headers),
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "leads_only")}


async def test_a_lead_that_was_made_a_worker_leads_no_more(client: httpx2.AsyncClient, lead: Agent) -> None:
    await client.patch(f"/api/v1/agents/{lead.id}", json={"role": "worker"}, headers=PERSON)

    assert (await spawn(client, lead)).json()["code"] == "leads_only"


async def test_a_lead_gives_no_more_than_it_has(client: httpx2.AsyncClient, lead: Agent) -> None:
    beyond = await spawn(client, lead, budgets={"requests_per_day": 101})
    costly = await spawn(client, lead, budgets={"cost_per_day": 5.01})
    within = await spawn(client, lead, budgets={"requests_per_day": 100, "tasks_per_day": 7, "cost_per_day": 5})

    assert [(one.status_code, one.json().get("code")) for one in (beyond, costly)] == [(403, "beyond_own_budget")] * 2
    assert within.json()["budgets"] == {"requests_per_day": 100, "tasks_per_day": 7, "cost_per_day": 5.0}


async def test_a_lead_makes_no_more_workers_than_its_board_takes(client: httpx2.AsyncClient, lead: Agent) -> None:
    answers = [await spawn(client, lead, f"w{number}") for number in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[-1].json()["code"] == "board_full"


async def test_a_lead_cannot_choose_board_or_role(client: httpx2.AsyncClient, lead: Agent) -> None:
    other = await make_board(client, "Other")

    assert (await spawn(client, lead, board_id=other)).status_code == 422
    assert (await spawn(client, lead, role="lead")).status_code == 422


async def test_a_lead_removes_what_leads_made_and_nobody_else(client: httpx2.AsyncClient, lead: Agent) -> None:
    rob = agent_of((await spawn(client, lead)).json())
    uma = await register(client, lead.board_id, "Uma")
    task = await make_task(client, lead.board_id, assigned_id=rob.id)

    removed = await client.delete(f"{WORKERS}/{rob.id}", headers=lead.headers)
    refused = await client.delete(f"{WORKERS}/{uma.id}", headers=lead.headers)
    itself = await client.delete(f"{WORKERS}/{lead.id}", headers=lead.headers)
    free = await client.get(f"/api/v1/boards/{lead.board_id}/tasks/{task}", headers=PERSON)

    assert removed.status_code == 204
    assert (await client.get("/api/v1/agent/me", headers=rob.headers)).status_code == 401
    assert (refused.status_code, refused.json()["code"]) == (403, "not_spawned")
    assert (itself.status_code, itself.json()["code"]) == (403, "not_spawned")
    assert free.json()["assigned_id"] is None


async def test_agents_of_other_boards_are_unknown_to_a_lead(client: httpx2.AsyncClient, lead: Agent) -> None:
    uma = await register(client, await make_board(client, "Other"), "Uma")

    answers = [
        await client.delete(f"{WORKERS}/{uma.id}", headers=lead.headers),
        await client.post(f"{WORKERS}/{uma.id}/token", headers=lead.headers),
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "unknown_agent")}


async def test_a_lead_replaces_the_token_of_a_worker_it_made(client: httpx2.AsyncClient, lead: Agent) -> None:
    rob = agent_of((await spawn(client, lead)).json())
    await client.get("/api/v1/agent/me", headers=rob.headers)

    answer = await client.post(f"{WORKERS}/{rob.id}/token", json={"end_previous": True}, headers=lead.headers)

    assert answer.status_code == 201
    assert (await client.get("/api/v1/agent/me", headers=rob.headers)).status_code == 401
    headers = {"X-Agent-Token": answer.json()["token"]}
    assert (await client.get("/api/v1/agent/me", headers=headers)).status_code == 200


async def test_the_workers_of_a_lead_draw_from_its_budgets(client: httpx2.AsyncClient) -> None:
    lead = await register(
        client, await make_board(client), role="lead",
        budgets={"requests_per_day": 8, "tasks_per_day": 2, "cost_per_day": 5},
    )  # fmt: skip
    rob, uma = [agent_of((await spawn(client, lead, name)).json()) for name in ("Rob", "Uma")]
    tasks = f"/api/v1/boards/{lead.board_id}/tasks"
    asked = [await client.post(tasks, json={"title": "x"}, headers=agent.headers) for agent in (rob, uma, lead)]
    reported = [
        await client.post("/api/v1/agent/usage", json={"cost": 3}, headers=agent.headers) for agent in (rob, uma)
    ]
    costly = await client.post(WORKERS, json={"name": "Ira"}, headers=lead.headers)
    own = (await client.get("/api/v1/agent/usage", headers=lead.headers)).json()["spent"]
    answers = [await client.get("/api/v1/agent/me", headers=agent.headers) for agent in (rob, uma, rob, uma)]

    assert [answer.status_code for answer in asked] == [201, 201, 429]
    assert asked[-1].json()["code"] == "task_budget_spent"
    assert [answer.status_code for answer in reported] == [200, 200]
    assert (costly.status_code, costly.json()["code"]) == (429, "cost_budget_spent")
    # Two workers made, three times a task; what was refused for its cost was not counted.
    assert (own["requests"], own["tasks"], own["cost"]) == (5, 2, 6.0)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "lead and the workers it made" in answers[-1].json()["detail"]


async def test_workers_do_not_outlive_their_lead(client: httpx2.AsyncClient, lead: Agent) -> None:
    kept, rob = [agent_of((await spawn(client, lead, name)).json()) for name in ("Kay", "Rob")]
    await client.patch(f"/api/v1/agents/{kept.id}", json={"board_id": await make_board(client, "Away")}, headers=PERSON)
    task = await make_task(client, lead.board_id, assigned_id=rob.id)

    assert (await client.delete(f"/api/v1/agents/{lead.id}", headers=PERSON)).status_code == 204
    me = await client.get("/api/v1/agent/me", headers=kept.headers)
    free = await client.get(f"/api/v1/boards/{lead.board_id}/tasks/{task}", headers=PERSON)

    assert (await client.get("/api/v1/agent/me", headers=rob.headers)).status_code == 401
    assert free.json()["assigned_id"] is None
    # Whom a person has moved is no lead's any more.
    assert (me.status_code, me.json()["spawned_by"]) == (200, None)


async def test_workers_do_not_stay_on_a_board_that_their_lead_leaves(client: httpx2.AsyncClient, lead: Agent) -> None:
    rob = agent_of((await spawn(client, lead)).json())
    other = await make_board(client, "Other")

    await client.patch(f"/api/v1/agents/{lead.id}", json={"board_id": other}, headers=PERSON)

    assert (await client.get("/api/v1/agent/me", headers=rob.headers)).status_code == 401
    assert (await client.get("/api/v1/agent/me", headers=lead.headers)).json()["board_id"] == other
