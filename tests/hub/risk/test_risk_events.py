from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from pilothouse.hub.composition import Hub
from pilothouse.hub.events import HUB_STREAM
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio
ROUTE = "/api/v1/risk-events"


def event(number: int, robot_id: str = "arm", **more: Any) -> dict[str, Any]:
    return {
        "event_id": f"e{number}",
        "robot_id": robot_id,
        "occurred_at": f"2026-05-12T08:{number:02d}:00Z",
        "outcome": "clamp",
        "decision": "CLAMP",
        "risk_level": "ELEVATED",
        **more,
    }


async def report(client: httpx2.AsyncClient, *events: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(ROUTE, json={"events": events})
    assert answer.status_code == 200, answer.text
    taken: dict[str, Any] = answer.json()
    return taken


async def ids(client: httpx2.AsyncClient, **wanted: Any) -> list[str]:
    answer = await client.get(ROUTE, params=wanted)
    assert answer.status_code == 200, answer.text
    return [one["event_id"] for one in answer.json()["items"]]


async def test_an_event_comes_back_as_it_was_sent(client: httpx2.AsyncClient) -> None:
    sent = event(
        1,
        incident_id="inc_1",
        task="pick",
        boundary="speed",
        layer="L1",
        reason="joint 2 too fast",
        fallback="hold",
        cycle_id=2**40,
        guard_session_id="g1",
        mode="monitor",
        requested=[0.1, None],
        executed=[0.05, 1.0],
    )

    await report(client, sent)

    assert (await client.get(ROUTE)).json() == {"items": [sent], "total": 1, "limit": 50, "offset": 0}


async def test_an_event_that_arrives_again_counts_once(client: httpx2.AsyncClient) -> None:
    assert await report(client, event(1), event(2), event(1)) == {"accepted": 2, "duplicates": 1}
    assert await report(client, event(2, outcome="reject"), event(3)) == {"accepted": 1, "duplicates": 1}

    assert await ids(client) == ["e3", "e2", "e1"]
    assert await ids(client, outcome="reject") == []


async def test_the_same_batch_delivered_many_times_at_once_counts_once(client: httpx2.AsyncClient) -> None:
    batch = [event(number, reason="x" * 200) for number in range(50)]

    taken = await asyncio.gather(*(report(client, *batch) for _ in range(8)))

    assert sum(one["accepted"] for one in taken) == 50
    assert (await client.get(ROUTE)).json()["total"] == 50


async def test_no_robot_can_keep_anothers_event_out_by_taking_its_id(client: httpx2.AsyncClient) -> None:
    await report(client, event(1, "thief"))

    assert await report(client, event(1, "arm")) == {"accepted": 1, "duplicates": 0}


async def test_filters_narrow_the_list(client: httpx2.AsyncClient) -> None:
    levels = ["NORMAL", "ELEVATED", "CRITICAL", "EMERGENCY"]
    await report(
        client,
        *(event(number, risk_level=level) for number, level in enumerate(levels)),
        event(4, "leg", outcome="reject", decision="REJECT", incident_id="inc_4"),
    )

    assert await ids(client, min_risk_level="CRITICAL") == ["e3", "e2"]
    assert await ids(client, robot_id="leg") == ["e4"]
    assert await ids(client, outcome="reject") == ["e4"]
    assert await ids(client, incident_id="inc_4") == ["e4"]
    assert await ids(client, since="2026-05-12T08:02:00Z", until="2026-05-12T08:04:00Z") == ["e3", "e2"]
    assert await ids(client, limit=2, offset=1) == ["e3", "e2"]
    assert await ids(client, robot_id="leg", min_risk_level="CRITICAL") == []


async def test_what_each_guard_reported_is_summed_up_whoever_reported_last_first(client: httpx2.AsyncClient) -> None:
    await report(
        client,
        *(event(number, boundary="speed") for number in range(3)),
        event(5, outcome="reject", decision="REJECT", risk_level="CRITICAL", boundary="fence", reason="left it"),
        event(4, "leg"),
        event(9, "hip", risk_level="NORMAL"),
    )

    async def asked(**wanted: Any) -> dict[str, Any]:
        return dict((await client.get(f"{ROUTE}/by-robot", params=wanted)).json())

    everything = await asked()
    arm = everything["items"][1]
    assert [one["robot_id"] for one in everything["items"]] == ["hip", "arm", "leg"]
    assert everything["total"] == 3
    assert (arm["events"], arm["clamped"], arm["rejected"]) == (4, 3, 1)
    assert (arm["worst_risk_level"], arm["boundaries"]) == ("CRITICAL", ["fence", "speed"])
    assert (arm["latest"]["event_id"], arm["latest"]["reason"]) == ("e5", "left it")
    rejected = await asked(outcome="reject")
    assert [(one["robot_id"], one["events"]) for one in rejected["items"]] == [("arm", 1)]
    chosen = await asked(robots=["leg", "hip"], limit=1, offset=1)
    assert ([one["robot_id"] for one in chosen["items"]], chosen["total"]) == (["leg"], 2)
    assert (await asked(robots=["arm"], since="2026-05-12T08:05:00Z"))["items"][0]["events"] == 1
    assert (await asked(robot_id="nobody"))["items"] == []


async def test_a_batch_is_told_once_for_each_of_its_robots(hub: Hub, client: httpx2.AsyncClient) -> None:
    await report(client, event(1), event(2, risk_level="CRITICAL"), event(3, "leg", outcome="reject"))
    await report(client, event(1), event(2))

    told = {one.subject: one.payload for one in await hub.events.since(HUB_STREAM, 0) if one.kind == "risk.reported"}
    assert (told["arm"]["count"], told["arm"]["worst_risk_level"]) == (2, "CRITICAL")
    assert told["arm"]["latest"]["event_id"] == "e2"
    assert told["leg"]["outcomes"] == {"reject": 1}
    assert len(told) == 2


async def test_a_robot_that_reports_is_known_from_then_on(client: httpx2.AsyncClient) -> None:
    await report(client, event(1))

    assert [robot["robot_id"] for robot in (await client.get("/api/v1/robots")).json()["items"]] == ["arm"]


@pytest.mark.parametrize(
    "batch",
    [
        {"events": []},
        {"events": [event(1)] * 501},
        {"events": [event(1, robot_id="a/b")]},
        {"events": [event(1, occurred_at="2026-05-12T08:00:00")]},
        {"events": [event(1, risk_level="MILD")]},
        {"events": [event(1, cycle_id=2**63)]},
        {"events": [event(1, reason="nul \x00")]},
        {},
        [],
    ],
)
async def test_a_batch_that_makes_no_sense_is_refused_whole(client: httpx2.AsyncClient, batch: Any) -> None:
    assert (await client.post(ROUTE, json=batch)).status_code == 422
    assert (await client.get(ROUTE)).json()["total"] == 0


async def test_the_largest_batch_is_taken(client: httpx2.AsyncClient) -> None:
    joints = [1.234567890123456] * 64
    batch = [
        {**event(0, requested=joints, executed=joints, reason="r" * 2_000), "event_id": f"e{number}"}
        for number in range(500)
    ]

    assert await report(client, *batch) == {"accepted": 500, "duplicates": 0}


async def test_a_list_costs_the_same_number_of_queries_however_long_it_is(hub: Hub, client: httpx2.AsyncClient) -> None:
    await report(client, event(1))
    with counting_queries(hub.database) as short:
        await client.get(ROUTE)
    await report(client, *(event(number) for number in range(2, 40)))
    with counting_queries(hub.database) as long:
        await client.get(ROUTE)
    await report(client, *(event(number, f"arm-{number}") for number in range(40, 50)))
    with counting_queries(hub.database) as summed_up:
        await client.get(f"{ROUTE}/by-robot")

    assert len(long) == len(short) == 2
    assert len(summed_up) == 4
