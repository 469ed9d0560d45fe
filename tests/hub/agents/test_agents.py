"""Agents are registered by people, changed, given tokens and removed."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from fastapi import FastAPI

from tests.hub.conftest import client_of
from tests.support.missions import PERSON, agent_of, beat, make_board, make_task, register

pytestmark = pytest.mark.anyio


async def test_a_token_is_shown_once_and_is_kept_nowhere(client: httpx2.AsyncClient) -> None:
    board = await make_board(client)

    made = await client.post("/api/v1/agents", json={"name": "Tessa", "board_id": board}, headers=PERSON)
    token = made.json()["token"]
    got = await client.get(f"/api/v1/agents/{made.json()['id']}", headers=PERSON)
    listed = await client.get("/api/v1/agents", headers=PERSON)
    activity = await client.get("/api/v1/activity", headers=PERSON)

    assert made.status_code == 201
    assert token.startswith("agent_")
    assert got.json()["liveness"] == "new"
    for answer in (got, listed, activity):
        assert answer.status_code == 200
        assert token.partition(".")[2] not in answer.text


async def test_an_agent_of_any_runtime_calls_with_its_header_or_as_bearer(client: httpx2.AsyncClient) -> None:
    board = await make_board(client)
    tessa = await register(client, board, runtime="a shell script from 1998")

    by_header = await client.get("/api/v1/agent/me", headers=tessa.headers)
    by_bearer = await client.get("/api/v1/agent/me", headers={"Authorization": f"Bearer {tessa.token}"})

    assert by_header.json()["id"] == by_bearer.json()["id"] == tessa.id


async def test_the_surface_of_agents_is_for_agents(client: httpx2.AsyncClient) -> None:
    for headers in ({}, PERSON, {"X-Agent-Token": "agent_000000000000.x"}):
        answer = await client.get("/api/v1/agent/me", headers=headers)

        assert answer.status_code in (401, 403), headers


async def test_agents_register_nobody(client: httpx2.AsyncClient) -> None:
    board = await make_board(client)
    tessa = await register(client, board, role="lead")

    answer = await client.post("/api/v1/agents", json={"name": "Rob", "board_id": board}, headers=tessa.headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "people_only")


async def test_an_agent_is_made_once_however_often_it_is_asked_for(client: httpx2.AsyncClient) -> None:
    board = await make_board(client)
    headers = {**PERSON, "Idempotency-Key": "one"}
    body = {"name": "Tessa", "board_id": board}

    first = await client.post("/api/v1/agents", json=body, headers=headers)
    second = await client.post("/api/v1/agents", json=body, headers=headers)
    without = await client.post("/api/v1/agents", json=body, headers=PERSON)

    assert first.json()["token"] is not None
    assert second.status_code == 201
    assert (second.json()["id"], second.json()["token"]) == (first.json()["id"], None)
    assert (without.status_code, without.json()["code"]) == (409, "agent_name_taken")


async def test_a_board_that_is_not_there_takes_no_agents(client: httpx2.AsyncClient) -> None:
    for board in ("brd_unknown", "x" * 40):
        answer = await client.post("/api/v1/agents", json={"name": "Tessa", "board_id": board}, headers=PERSON)

        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_board"), board


async def test_a_board_has_one_lead_and_at_most_so_many_agents(client: httpx2.AsyncClient) -> None:
    board = await make_board(client, max_agents=2)
    await register(client, board, "Tessa", role="lead")

    second_lead = await client.post(
        "/api/v1/agents", json={"name": "Rob", "board_id": board, "role": "lead"}, headers=PERSON
    )
    await register(client, board, "Rob")
    third = await client.post("/api/v1/agents", json={"name": "Uma", "board_id": board}, headers=PERSON)

    assert (second_lead.status_code, second_lead.json()["code"]) == (409, "lead_taken")
    assert "Tessa" in second_lead.json()["detail"]
    assert (third.status_code, third.json()["code"]) == (409, "board_full")


async def test_of_many_who_register_at_once_no_more_than_the_board_takes_get_in(hub_app: FastAPI) -> None:
    async with client_of(hub_app) as client:
        board = await make_board(client, max_agents=3)

        answers = await asyncio.gather(
            *(
                client.post("/api/v1/agents", json={"name": f"a{number}", "board_id": board}, headers=PERSON)
                for number in range(12)
            )
        )
        total = (await client.get("/api/v1/agents", params={"board_id": board}, headers=PERSON)).json()["total"]

    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 9
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"board_full"}
    assert total == 3


async def test_of_many_leads_at_once_one_is_lead(hub_app: FastAPI) -> None:
    async with client_of(hub_app) as client:
        board = await make_board(client)
        workers = [await register(client, board, f"w{number}") for number in range(4)]

        new = [
            client.post("/api/v1/agents", json={"name": f"l{n}", "board_id": board, "role": "lead"}, headers=PERSON)
            for n in range(6)
        ]
        raised = [client.patch(f"/api/v1/agents/{one.id}", json={"role": "lead"}, headers=PERSON) for one in workers]
        answers = await asyncio.gather(*new, *raised)
        leads = await client.get("/api/v1/agents", params={"board_id": board, "role": "lead"}, headers=PERSON)

    assert sorted(answer.status_code for answer in answers)[:2] in ([200, 409], [201, 409])
    assert {answer.json().get("code") for answer in answers if answer.status_code == 409} == {"lead_taken"}
    assert leads.json()["total"] == 1


async def test_what_is_not_named_in_a_change_stays(client: httpx2.AsyncClient) -> None:
    board = await make_board(client)
    tessa = await register(client, board, runtime="r1", labels={"team": "floor-2"})

    changed = await client.patch(
        f"/api/v1/agents/{tessa.id}", json={"heartbeat_interval_s": 5, "version": 1}, headers=PERSON
    )
    late = await client.patch(f"/api/v1/agents/{tessa.id}", json={"name": "Uma", "version": 1}, headers=PERSON)
    nothing = await client.patch(f"/api/v1/agents/{tessa.id}", json={"version": 2}, headers=PERSON)

    assert changed.json()["heartbeat_interval_s"] == 5
    assert (changed.json()["runtime"], changed.json()["labels"]) == ("r1", {"team": "floor-2"})
    assert (changed.json()["version"], changed.json()["name"]) == (2, "Tessa")
    assert (late.status_code, late.json()["code"]) == (409, "agent_changed")
    assert nothing.status_code == 422


async def test_an_agent_that_is_moved_sees_its_new_board_and_no_longer_the_old_one(client: httpx2.AsyncClient) -> None:
    one, other = await make_board(client, "One"), await make_board(client, "Other")
    tessa = await register(client, one)
    task = await make_task(client, one, assigned_id=tessa.id)
    assert (await client.get(f"/api/v1/agent/boards/{one}/tasks", headers=tessa.headers)).status_code == 200

    moved = await client.patch(f"/api/v1/agents/{tessa.id}", json={"board_id": other}, headers=PERSON)
    old = await client.get(f"/api/v1/agent/boards/{one}/tasks", headers=tessa.headers)
    new = await client.get(f"/api/v1/agent/boards/{other}/tasks", headers=tessa.headers)
    left = await client.get(f"/api/v1/boards/{one}/tasks/{task}", headers=PERSON)

    assert moved.json()["board_id"] == other
    assert (old.status_code, old.json()["code"], new.status_code) == (404, "unknown_board", 200)
    assert left.json()["assigned_id"] is None


async def test_a_removed_agent_opens_nothing_and_leaves_its_tasks(client: httpx2.AsyncClient) -> None:
    board = await make_board(client)
    tessa = await register(client, board)
    task = await make_task(client, board)
    claimed = await client.post(f"/api/v1/agent/boards/{board}/tasks/{task}/claim", headers=tessa.headers)
    assert claimed.status_code == 200, claimed.text

    removed = await client.delete(f"/api/v1/agents/{tessa.id}", headers=PERSON)
    after = await client.get("/api/v1/agent/me", headers=tessa.headers)
    free = (await client.get(f"/api/v1/boards/{board}/tasks/{task}", headers=PERSON)).json()
    told = await client.get("/api/v1/activity", params={"kind": "agent.deleted"}, headers=PERSON)

    assert removed.status_code == 204
    assert after.status_code == 401
    assert (free["assigned_id"], free["status"]) == (None, "inbox")
    assert told.json()["items"][0]["before"]["name"] == "Tessa"


async def test_a_new_token_takes_over_when_it_is_first_shown(client: httpx2.AsyncClient) -> None:
    board = await make_board(client)
    old = await register(client, board)
    assert (await beat(client, old)).status_code == 200

    replaced = (await client.post(f"/api/v1/agents/{old.id}/token", headers=PERSON)).json()
    still = await beat(client, old)
    new = agent_of({"id": old.id, "name": old.name, "board_id": board, "token": replaced["token"]})
    taken = await beat(client, new)
    ended = await beat(client, old)

    assert [answer.status_code for answer in (still, taken, ended)] == [200, 200, 401]


async def test_a_token_that_has_leaked_ends_at_once(client: httpx2.AsyncClient) -> None:
    board = await make_board(client)
    tessa = await register(client, board)
    assert (await beat(client, tessa)).status_code == 200

    answer = await client.post(f"/api/v1/agents/{tessa.id}/token", json={"end_previous": True}, headers=PERSON)

    assert answer.status_code == 201
    assert (await beat(client, tessa)).status_code == 401


async def test_lists_narrow_by_board_role_liveness_and_name(client: httpx2.AsyncClient) -> None:
    one, other = await make_board(client, "One"), await make_board(client, "Other")
    tessa = await register(client, one, "Tessa", role="lead")
    await register(client, one, "Rob")
    await register(client, other, "Uma")
    await beat(client, tessa)

    async def names(**wanted: str) -> set[str]:
        answer = await client.get("/api/v1/agents", params=wanted, headers=PERSON)
        return {one["name"] for one in answer.json()["items"]}

    assert await names() == {"Tessa", "Rob", "Uma"}
    assert await names(board_id=one) == {"Tessa", "Rob"}
    assert await names(role="lead") == {"Tessa"}
    assert await names(liveness="new") == {"Rob", "Uma"}
    assert await names(text="OB") == {"Rob"}


async def test_an_agent_sees_the_agents_of_its_own_board_alone(client: httpx2.AsyncClient) -> None:
    one, other = await make_board(client, "One"), await make_board(client, "Other")
    tessa, uma = await register(client, one, "Tessa"), await register(client, other, "Uma")

    listed = await client.get("/api/v1/agents", headers=tessa.headers)
    foreign = await client.get(f"/api/v1/agents/{uma.id}", headers=tessa.headers)

    assert [one["name"] for one in listed.json()["items"]] == ["Tessa"]
    assert (foreign.status_code, foreign.json()["code"]) == (404, "unknown_agent")


NO_AGENTS: list[dict[str, object]] = [
    {"name": ""},
    {"name": "a\nb"},
    {"name": "x" * 101},
    {"name": "ok", "heartbeat_interval_s": 0},
    {"name": "ok", "heartbeat_interval_s": 1e9},
    {"name": "ok", "labels": {"": "x"}},
    {"name": "ok", "budgets": {"requests_per_day": -1}},
    {"name": "ok", "budgets": {"cost_per_day": 1e300}},
    {"name": "ok", "role": "owner"},
    {"name": "ok", "colour": "red"},
]


async def test_what_makes_no_agent_is_refused(client: httpx2.AsyncClient) -> None:
    for body in NO_AGENTS:
        answer = await client.post("/api/v1/agents", json={"board_id": "brd_x", **body}, headers=PERSON)

        assert answer.status_code == 422, body
