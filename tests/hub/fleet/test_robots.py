from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from dirty_equals import IsDatetime, IsPartialDict
from fastapi import FastAPI
from sqlalchemy import func, select

from pilothouse.hub.composition import Hub
from pilothouse.hub.events import HUB_STREAM
from pilothouse.hub.fleet import Robots
from pilothouse.hub.fleet.models import RobotRow

pytestmark = pytest.mark.anyio
HEARTBEAT = "/api/v1/agents/heartbeat"


async def beat(client: httpx2.AsyncClient, robot_id: str, **more: Any) -> httpx2.Response:
    return await client.post(HEARTBEAT, json={"robot_id": robot_id, **more})


async def test_the_documented_heartbeat_is_taken(client: httpx2.AsyncClient) -> None:
    answer = await client.post(
        HEARTBEAT, headers={"Content-Type": "application/json"}, content=b'{"robot_id":"robot-001"}'
    )

    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "robot_id": "robot-001", "received_at": IsDatetime(iso_string=True)}


async def test_a_robot_is_known_by_its_last_heartbeat(client: httpx2.AsyncClient) -> None:
    await beat(client, "one", interval_s=5, outbox_depth=3)
    await beat(client, "one", interval_s=10, topics={"/odom": {"message_count": 7}}, versions={"pilothouse": "0.1.0"})

    robot = (await client.get("/api/v1/robots/one")).json()

    assert robot["interval_s"] == 10
    assert robot["last_seen_at"] == IsDatetime(iso_string=True)
    assert robot["heartbeat"] == IsPartialDict(outbox_depth=None, versions={"pilothouse": "0.1.0"})
    assert robot["heartbeat"]["topics"]["/odom"]["message_count"] == 7


async def test_robots_are_listed_by_name_page_by_page(client: httpx2.AsyncClient) -> None:
    for name in ("c", "a", "b"):
        await beat(client, name)

    page = (await client.get("/api/v1/robots", params={"limit": 2, "offset": 1})).json()

    assert [robot["robot_id"] for robot in page["items"]] == ["b", "c"]
    assert (page["total"], page["limit"], page["offset"]) == (3, 2, 1)


async def test_a_robot_known_only_by_a_recording_is_listed(
    hub: Hub, hub_app: FastAPI, client: httpx2.AsyncClient
) -> None:
    robots: Robots = hub_app.state.robots
    for _ in range(2):
        async with hub.database.transaction() as session:
            await robots.seen_in_recording(session, "silent")

    listed = (await client.get("/api/v1/robots")).json()

    assert [(robot["robot_id"], robot["last_seen_at"]) for robot in listed["items"]] == [("silent", None)]


async def test_a_recording_leaves_the_last_heartbeat_as_it_is(
    hub: Hub, hub_app: FastAPI, client: httpx2.AsyncClient
) -> None:
    await beat(client, "one", outbox_depth=3)
    async with hub.database.transaction() as session:
        await hub_app.state.robots.seen_in_recording(session, "one")

    robot = (await client.get("/api/v1/robots/one")).json()

    assert robot["heartbeat"]["outbox_depth"] == 3


async def test_an_unknown_robot_is_not_found(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/robots/nobody")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_robot")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"robot_id": ""},
        {"robot_id": "a/b"},
        {"robot_id": "x" * 101},
        {"robot_id": "a", "interval_s": -1},
        [],
        "x",
        None,
    ],
)
async def test_a_heartbeat_that_makes_no_sense_is_refused(client: httpx2.AsyncClient, body: object) -> None:
    assert (await client.post(HEARTBEAT, json=body)).status_code == 422


async def test_heartbeats_at_once_make_one_robot_and_one_event(hub: Hub, client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(beat(client, "one", outbox_depth=number) for number in range(20)))

    assert {answer.status_code for answer in answers} == {200}
    async with hub.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(RobotRow)) == 1
    assert [event.kind for event in await hub.events.since(HUB_STREAM, 0)] == ["robot.appeared"]


async def test_fields_of_a_newer_robot_are_ignored(client: httpx2.AsyncClient) -> None:
    assert (await beat(client, "one", mood="cheerful")).status_code == 200


async def test_what_a_robot_says_of_an_outage_is_told_once_though_it_says_it_again(
    hub: Hub, client: httpx2.AsyncClient
) -> None:
    facts = {"outage_id": "out_1", "occurred_at": "2026-05-12T08:42:30Z", "reason": "No route."}
    failing = {"alert_id": "alert_1", "kind": "delivery_failing", **facts}
    recovered = {"alert_id": "alert_2", "kind": "delivery_recovered", **facts}
    for _ in range(2):
        answer = await beat(client, "one", alerts=[failing, recovered])
        assert answer.status_code == 200
    await beat(client, "one")

    told = [event for event in await hub.events.since(HUB_STREAM, 0) if event.kind.startswith("robot.delivery")]

    assert [event.kind for event in told] == ["robot.delivery_failing", "robot.delivery_recovered"]
    assert told[0].payload == IsPartialDict(robot_id="one", alert_id="alert_1", outage_id="out_1", reason="No route.")
