"""Agents say that they live; the hub notices when they do not."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from pilothouse.hub.agents.service import AgentServices
from pilothouse.hub.app import create_app
from pilothouse.hub.composition import Hub
from pilothouse.hub.identity.service import AgentRegister
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import ManualClock
from tests.hub.conftest import client_of
from tests.support.missions import PERSON, Agent, beat, make_board, make_task, register

pytestmark = pytest.mark.anyio

INTERVAL_S = 10.0
STALE_AFTER_S = 2 * INTERVAL_S + 2
OFFLINE_AFTER_S = 4 * INTERVAL_S + 2


@pytest.fixture
async def tessa(client: httpx2.AsyncClient) -> Agent:
    board = await make_board(client)
    return await register(client, board, heartbeat_interval_s=INTERVAL_S)


async def liveness(client: httpx2.AsyncClient, agent: Agent) -> str:
    return str((await client.get(f"/api/v1/agents/{agent.id}", headers=PERSON)).json()["liveness"])


async def told(client: httpx2.AsyncClient, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get("/api/v1/activity", params={"kind": kind}, headers=PERSON)).json()[
        "items"
    ]
    return found


async def test_the_documented_heartbeat_is_answered_with_what_is_new(client: httpx2.AsyncClient, tessa: Agent) -> None:
    await make_task(client, tessa.board_id, assigned_id=tessa.id)
    await make_task(client, tessa.board_id)

    answer = await client.post(
        "/api/v1/agent/heartbeat",
        json={"name": "Tessa", "board_id": tessa.board_id, "status": "online"},
        headers=tessa.headers,
    )

    assert answer.status_code == 200
    said = answer.json()
    assert (said["name"], said["board_id"], said["status"]) == ("Tessa", tessa.board_id, "online")
    assert said["next_heartbeat_s"] == INTERVAL_S
    assert said["waiting"] == {
        "inbox": 1, "assigned": 1, "in_progress": 0, "review": 0, "unclaimed": 1, "pending_approvals": 0,
    }  # fmt: skip


async def test_another_board_is_refused_and_moves_nobody(client: httpx2.AsyncClient, tessa: Agent) -> None:
    other = await make_board(client, "Other")

    answers = [await beat(client, tessa, board_id=board) for board in (other, "brd_unknown")]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "board_mismatch")}
    me = (await client.get(f"/api/v1/agents/{tessa.id}", headers=PERSON)).json()
    assert (me["board_id"], me["liveness"]) == (tessa.board_id, "new")


async def test_another_name_is_refused(client: httpx2.AsyncClient, tessa: Agent) -> None:
    answer = await beat(client, tessa, name="Rob")

    assert (answer.status_code, answer.json()["code"]) == (403, "name_mismatch")
    assert await liveness(client, tessa) == "new"


async def test_the_first_heartbeat_is_seen_when_it_is_answered_and_is_an_event(
    client: httpx2.AsyncClient, tessa: Agent
) -> None:
    await beat(client, tessa)

    assert await liveness(client, tessa) == "online"
    events = await told(client, "agent.online")
    assert [(one["subject_id"], one["actor"]["id"]) for one in events] == [(tessa.id, tessa.id)]


async def test_a_heartbeat_is_in_the_database_when_it_is_answered(
    client: httpx2.AsyncClient, hub: Hub, tessa: Agent, clock: ManualClock
) -> None:
    rob = await register(client, tessa.board_id, "Rob", heartbeat_interval_s=INTERVAL_S)
    for one in (tessa, rob):
        await beat(client, one)
    clock.advance(0.5)

    answers = await asyncio.gather(*(beat(client, one, status=f"{one.name} works") for one in (tessa, rob, tessa)))

    async with hub.database.reading() as session:
        written = {row.id: row for row in await AgentRegister().of_board(session, tessa.board_id)}
    received = {answer.json()["agent_id"]: datetime.fromisoformat(answer.json()["received_at"]) for answer in answers}
    assert {one: row.last_seen_at for one, row in written.items()} == received
    assert {row.status for row in written.values()} == {"Tessa works", "Rob works"}


async def test_what_another_hub_changed_counts_with_the_next_heartbeat(
    hub_settings: HubSettings, client: httpx2.AsyncClient, tessa: Agent, clock: ManualClock
) -> None:
    rob = await register(client, tessa.board_id, "Rob")
    for one in (tessa, rob, tessa, rob):
        await beat(client, one)  # a token that is first shown is written down, and then read once more
    other = create_app(hub_settings, clock=clock)
    async with client_of(other) as second:
        await second.patch(f"/api/v1/agents/{tessa.id}", json={"heartbeat_interval_s": 77}, headers=PERSON)
        await second.delete(f"/api/v1/agents/{rob.id}", headers=PERSON)

    answers = await asyncio.gather(*(beat(client, one) for one in (tessa, rob)))

    assert [answer.status_code for answer in answers] == [200, 404]
    assert answers[0].json()["next_heartbeat_s"] == 77
    assert answers[1].json()["code"] == "unknown_agent"
    await other.state.hub.database.close()


async def test_silence_is_stale_and_then_offline_by_the_agents_own_interval(
    client: httpx2.AsyncClient, agents: AgentServices, tessa: Agent, clock: ManualClock
) -> None:
    clock.advance(1_000)  # so that this hub has listened for long enough to judge
    await beat(client, tessa)
    seen: list[str] = []

    for step in (STALE_AFTER_S - 1, 1.0, OFFLINE_AFTER_S - STALE_AFTER_S - 1, 1.0):
        clock.advance(step)
        await agents.roll.judge()
        seen.append(await liveness(client, tessa))

    assert seen == ["online", "stale", "stale", "offline"]
    assert [len(await told(client, kind)) for kind in ("agent.stale", "agent.offline")] == [1, 1]
    assert (await told(client, "agent.offline"))[0]["actor"]["kind"] == "system"


async def test_who_comes_back_is_online_again(
    client: httpx2.AsyncClient, agents: AgentServices, tessa: Agent, clock: ManualClock
) -> None:
    clock.advance(1_000)
    await beat(client, tessa)
    clock.advance(OFFLINE_AFTER_S)
    await agents.roll.judge()
    assert await liveness(client, tessa) == "offline"

    await beat(client, tessa)

    assert await liveness(client, tessa) == "online"
    assert len(await told(client, "agent.online")) == 2


async def test_nobody_is_blamed_for_what_was_said_while_no_hub_listened(
    hub_app: FastAPI, hub_settings: HubSettings, client: httpx2.AsyncClient, tessa: Agent, clock: ManualClock
) -> None:
    await beat(client, tessa)
    clock.advance(OFFLINE_AFTER_S)
    later = create_app(hub_settings, clock=clock)

    await later.state.agents.roll.judge()
    before = await liveness(client, tessa)
    clock.advance(OFFLINE_AFTER_S)
    # The first hub judges too, by itself: whoever of them comes second finds the agent taken.
    async with asyncio.timeout(30):
        while (after := await liveness(client, tessa)) == "online":
            await later.state.agents.roll.judge()

    assert (before, after) == ("online", "offline")
    await later.state.hub.database.close()


async def test_a_silent_agent_loses_its_task_and_a_beating_one_keeps_it(
    client: httpx2.AsyncClient, agents: AgentServices, tessa: Agent, clock: ManualClock
) -> None:
    clock.advance(1_000)
    rob = await register(client, tessa.board_id, "Rob", heartbeat_interval_s=INTERVAL_S)
    tasks: dict[str, str] = {}
    for one in (tessa, rob):
        await beat(client, one)
        tasks[one.name] = await make_task(client, one.board_id)
        path = f"/api/v1/agent/boards/{one.board_id}/tasks/{tasks[one.name]}/claim"
        assert (await client.post(path, headers=one.headers)).status_code == 200

    for _ in range(5):
        clock.advance(INTERVAL_S)
        await beat(client, rob)
    await agents.roll.judge()

    held: dict[str, Any] = {}
    for name, task in tasks.items():
        answer = await client.get(f"/api/v1/boards/{tessa.board_id}/tasks/{task}", headers=PERSON)
        held[name] = (answer.json()["assigned_id"], answer.json()["status"])
    assert held == {"Tessa": (None, "inbox"), "Rob": (rob.id, "in_progress")}


async def test_two_hubs_hear_half_of_the_heartbeats_each_and_nobody_falls_silent(
    hub_app: FastAPI, hub_settings: HubSettings, client: httpx2.AsyncClient, tessa: Agent, clock: ManualClock
) -> None:
    clock.advance(1_000)
    other = create_app(hub_settings, clock=clock)
    clock.advance(1_000)
    async with client_of(other) as second:
        for number in range(12):
            clock.advance(INTERVAL_S)
            assert (await beat(second if number % 2 else client, tessa)).status_code == 200
            for app in (hub_app, other):
                await app.state.agents.roll.judge()

    assert await liveness(client, tessa) == "online"
    assert await told(client, "agent.stale") == []
    await other.state.hub.database.close()


async def test_many_agents_come_online_at_once_each_with_one_event(client: httpx2.AsyncClient, tessa: Agent) -> None:
    others = [await register(client, tessa.board_id, f"w{number}") for number in range(15)]

    answers = await asyncio.gather(*(beat(client, one) for one in (tessa, *others) for _ in range(2)))

    assert {answer.status_code for answer in answers} == {200}
    events = await told(client, "agent.online")
    assert sorted(one["subject_id"] for one in events) == sorted(one.id for one in (tessa, *others))


async def test_a_removed_agent_that_was_heard_of_is_not_written(
    client: httpx2.AsyncClient, agents: AgentServices, tessa: Agent
) -> None:
    await beat(client, tessa)
    await beat(client, tessa)
    await client.get("/api/v1/agent/me", headers=tessa.headers)
    await client.delete(f"/api/v1/agents/{tessa.id}", headers=PERSON)

    await agents.roll.write()

    assert (await client.get(f"/api/v1/agents/{tessa.id}", headers=PERSON)).status_code == 404
