"""Streams over real sockets: every change once, whoever is cut off, and nothing held meanwhile."""

from __future__ import annotations

import asyncio
import random
from typing import get_args

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from pilothouse.hub.composition import Hub
from pilothouse.hub.identity.auth import Reading, Writing
from pilothouse.hub.settings import HubSettings
from tests.hub.activity.conftest import OWNER
from tests.support.activities import ROOT, happen
from tests.support.guarded import guarded_hub
from tests.support.people import somebody
from tests.support.streaming import SseClient, served

pytestmark = pytest.mark.anyio

STREAM = f"{ROOT}/stream"
MANY = 500


async def test_changes_arrive_as_they_happen_and_only_those_asked_for(hub_app: FastAPI) -> None:
    async with served(hub_app) as hub_on:
        everything = await hub_on.connect(STREAM, OWNER)
        board = await hub_on.connect(f"{STREAM}?board=board_a", OWNER)
        comments = await hub_on.connect(f"{STREAM}?kind=comment", OWNER)
        await happen(hub_app, board_id="board_a")
        await happen(hub_app, board_id="board_b", kind="comment.created")
        await happen(hub_app, board_id="board_a", kind="task.deleted")

        kinds = [(await everything.next())["kind"] for _ in range(3)]
        of_board = [(await board.next())["kind"] for _ in range(2)]
        comment = await comments.next()

    assert kinds == ["task.updated", "comment.created", "task.deleted"]
    assert of_board == ["task.updated", "task.deleted"]
    assert board.seen == [1, 3]
    assert comment["sequence"] == 2 == comments.seen[0]


async def test_the_number_of_one_stream_resumes_any_other(hub_app: FastAPI) -> None:
    await happen(hub_app, board_id="board_a")
    await happen(hub_app, 3, board_id="board_b")
    async with served(hub_app) as hub_on:
        first = await hub_on.connect(f"{STREAM}?board=board_a&since=0", OWNER)
        await first.next()
        first.cut()
        again = await hub_on.connect(f"{STREAM}?board=board_b", {**OWNER, "Last-Event-ID": str(first.seen[-1])})
        for _ in range(3):
            await again.next()

    assert again.seen == [2, 3, 4]


async def test_a_hundred_disconnects_lose_and_repeat_nothing(hub_app: FastAPI) -> None:
    chance = random.Random(5)
    total = 200
    async with served(hub_app) as hub_on:
        client = await hub_on.connect(f"{STREAM}?since=0", OWNER)
        happening = asyncio.create_task(happen(hub_app, total))
        seen: list[int] = []
        cuts = 0
        while len(seen) < total:
            for _ in range(chance.randint(0, 3)):
                if len(seen) + len(client.seen) < total:
                    await client.next()
            seen += client.seen
            client.cut()
            cuts += 1
            last = str(seen[-1] if seen else 0)
            client = await hub_on.connect(STREAM, {**OWNER, "Last-Event-ID": last}) if seen else await hub_on.connect(
                f"{STREAM}?since=0", OWNER
            )  # fmt: skip
        await happening

    assert cuts >= 100
    assert seen == list(range(1, total + 1))


async def test_five_hundred_open_streams_hold_no_connection_and_ordinary_requests_go_on(
    hub_app: FastAPI, hub: Hub
) -> None:
    async with served(hub_app) as hub_on:
        clients: list[SseClient] = []
        for _ in range(MANY // 50):
            clients += await asyncio.gather(*(hub_on.connect(STREAM, OWNER) for _ in range(50)))
        async with httpx2.AsyncClient(base_url=hub_on.url, headers=OWNER, timeout=60) as calling:
            answers = [(await calling.get(ROOT)).status_code for _ in range(20)]
        await _until(lambda: hub.database.connections_in_use == 0)
        await happen(hub_app, 3)
        for client in clients:
            for _ in range(3):
                await client.next()
        for client in clients:
            client.cut()

    assert answers == [200] * 20
    assert all(client.seen == [1, 2, 3] for client in clients)


async def test_a_client_that_reads_nothing_costs_a_bounded_queue_and_still_gets_everything(
    hub_app: FastAPI, hub: Hub
) -> None:
    async with served(hub_app) as hub_on:
        slow = await hub_on.connect(STREAM, OWNER)
        quick = await hub_on.connect(STREAM, OWNER)
        await happen(hub_app, 400, text="x" * 4_000)
        for _ in range(400):
            await quick.next()
        subscriptions = hub.events.bus.subscriptions("organization:home")
        longest = max(len(one._waiting) for one in subscriptions)
        for _ in range(400):
            await slow.next()

    assert longest <= 256
    assert slow.seen == quick.seen == list(range(1, 401))


async def test_a_token_that_is_revoked_ends_its_stream_and_no_other(
    hub_app: FastAPI, owner: httpx2.AsyncClient
) -> None:
    made = (await owner.post("/auth/tokens", json={"name": "reader", "scopes": ["boards:read"]})).json()
    async with served(hub_app) as hub_on:
        its = await hub_on.connect(STREAM, {"Authorization": f"Bearer {made['token']}"})
        owners = await hub_on.connect(STREAM, OWNER)
        await happen(hub_app)
        await its.next()
        await owner.delete(f"/auth/tokens/{made['id']}")
        await its.ended()
        await happen(hub_app)
        await owners.next()
        await owners.next()

    assert its.seen == [1]
    assert owners.seen == [1, 2]


async def test_who_loses_a_board_hears_no_more_of_it(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings, agent_auth_limit=0) as guarded, served(guarded.app) as hub_on:
        board = (await guarded.operator.post("/api/v1/boards", json={"name": "Belt"})).json()["id"]
        mara = await somebody(guarded, access={"boards": [{"board_id": board}]})
        tessa = (await guarded.operator.post("/api/v1/agents", json={"name": "Tessa", "board_id": board})).json()
        path = f"/api/v1/boards/{board}/tasks/stream"
        hers = await hub_on.connect(path, {"Authorization": f"Bearer {mara.token}"})
        agents = await hub_on.connect(path, {"X-Agent-Token": tessa["token"]})
        access = f"/api/v1/organizations/home/members/{mara.user_id}/access"
        (await guarded.operator.put(access, json={})).raise_for_status()
        (await guarded.operator.delete(f"/api/v1/agents/{tessa['id']}")).raise_for_status()
        await hers.ended()
        await agents.ended()
        again = await hub_on.connect(path, {"Authorization": f"Bearer {mara.token}"})

    assert (hers.status, agents.status) == (200, 200)
    assert again.status == 404


async def test_many_begin_to_follow_at_once(hub_settings: HubSettings) -> None:
    async with guarded_hub(hub_settings) as guarded, served(guarded.app) as hub_on:
        group = (await guarded.operator.post("/api/v1/board-groups", json={"name": "Floor"})).json()["id"]
        new = {"name": "Belt", "group_id": group}
        board = (await guarded.operator.post("/api/v1/boards", json=new)).json()["id"]
        made = (await guarded.operator.post("/auth/tokens", json={"name": "x", "scopes": ["boards:read"]})).json()
        at_board, bearer = f"/api/v1/boards/{board}", {"Authorization": f"Bearer {made['token']}"}
        paths = [f"{at_board}{rest}/stream" for rest in ("", "/tasks", "/approvals", "/memory")]
        paths += [f"/api/v1/board-groups/{group}/memory/stream"]
        following = await asyncio.gather(*(hub_on.connect(path, bearer) for path in paths * 4))
        absent = [(await hub_on.connect(path.replace(board, "x").replace(group, "x"), bearer)).status for path in paths]

    assert {one.status for one in following} == {200}
    assert set(absent) == {404}


async def test_no_stream_holds_a_session_of_the_database(hub_app: FastAPI) -> None:
    holding = [
        route.path
        for route in hub_app.routes
        if isinstance(route, APIRoute)
        and "text/event-stream" in str(route.responses.get(200))
        and _holds(route.dependant)
    ]

    assert holding == []


def _holds(dependant: Dependant) -> bool:
    session = [get_args(one)[1].dependency for one in (Reading, Writing)]
    return dependant.call in session or any(_holds(one) for one in dependant.dependencies)


async def test_a_board_that_is_not_yours_is_not_followed(hub_app: FastAPI, owner: httpx2.AsyncClient) -> None:
    made = (await owner.post("/auth/tokens", json={"name": "other", "scopes": ["fleet:read"]})).json()
    async with served(hub_app) as hub_on:
        refused = await hub_on.connect(f"{STREAM}?board=x", {"Authorization": f"Bearer {made['token']}"})

    assert refused.status == 403


async def _until(probe: object) -> None:
    async with asyncio.timeout(30):
        while not probe():  # type: ignore[operator]
            await asyncio.sleep(0.01)
