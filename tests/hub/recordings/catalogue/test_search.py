"""Narrowing, sorting and walking through the list of recordings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import insert, update

from pilothouse.hub.composition import Hub
from pilothouse.hub.fleet.models import RobotRow
from pilothouse.hub.recordings.models import RecordingRow
from pilothouse.kit.clock import NS_PER_S, at
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio
START_NS = 1_700_000_000 * NS_PER_S


def row(number: int, **about: Any) -> dict[str, Any]:
    """A recording that ended so many seconds after the first, as a row."""
    recorded_ns = START_NS + number * NS_PER_S
    return {
        "session_id": f"arm_{number}",
        "file_name": f"arm_{number}.mcap",
        "size_bytes": 1_000,
        "mtime_ns": 0,
        "state": "announced",  # so that nobody looks for the files
        "robot_id": "arm",
        "label": "",
        "reason": None,
        "rule": None,
        "incident_id": None,
        "topics": ["/odom"],
        "recorded_ns": recorded_ns,
        "duration_ns": NS_PER_S,
        "added_at": at(START_NS),
        **about,
    }


ROWS = [
    row(1, label="gripper slipped", rule="/gripper.force < 1", reason="trigger", topics=["/gripper/force"]),
    row(2, label="hit a wall", reason="manual", size_bytes=3_000, duration_ns=9 * NS_PER_S, topics=["/tf", "/scan"]),
    row(3, label="Grüße aus Köln", robot_id="rover", incident_id="inc_1", topics=["/scan"]),
    row(4, label="hit a wall", robot_id="rover", size_bytes=2_000, topics=[]),
]


@pytest.fixture
async def four(client: httpx2.AsyncClient, hub: Hub) -> httpx2.AsyncClient:
    async with hub.database.transaction() as session:
        for one in ROWS:
            await session.execute(insert(RecordingRow).values(one))
        robot = {"robot_id": "rover", "site": "hall 3", "first_seen_at": at(START_NS)}
        await session.execute(insert(RobotRow).values(robot))
        pinned = update(RecordingRow).where(RecordingRow.session_id == "arm_2")
        await session.execute(pinned.values(pinned_at=at(START_NS)))
    await client.post("/api/sessions/arm_3/annotations", json={"time_ns": 1, "body": "the left wheel is loose"})
    return client


async def found(client: httpx2.AsyncClient, **asked: Any) -> list[str]:
    answer = await client.get("/api/sessions", params=asked)
    assert answer.status_code == 200, answer.text
    ids = [one["session_id"] for one in answer.json()["sessions"]]
    assert answer.json()["total"] == len(ids)
    return ids


NARROWED: list[tuple[dict[str, Any], list[str]]] = [
    ({"label": "hit a wall"}, ["arm_4", "arm_2"]),
    ({"label": "hit a wall", "robot_id": "rover"}, ["arm_4"]),
    ({"trigger": "/gripper.force < 1"}, ["arm_1"]),
    ({"reason": "manual"}, ["arm_2"]),
    ({"topic": "/scan"}, ["arm_3", "arm_2"]),
    ({"topic": "/sca"}, []),
    ({"state": "announced"}, ["arm_4", "arm_3", "arm_2", "arm_1"]),
    ({"state": "indexing"}, []),
    ({"since": "2023-11-14T22:13:23Z"}, ["arm_4", "arm_3"]),
    ({"until": "2023-11-14T22:13:22Z"}, ["arm_1"]),
    ({"annotated": True}, ["arm_3"]),
    ({"annotated": False}, ["arm_4", "arm_2", "arm_1"]),
    ({"pinned": True}, ["arm_2"]),
    ({"pinned": False, "robot_id": "arm"}, ["arm_1"]),
    ({"incident": "inc_1"}, ["arm_3"]),
    ({"incident": "inc_unknown"}, []),
    ({"site": "hall 3"}, ["arm_4", "arm_3"]),
    ({"site": "hall 4"}, []),
    ({"q": "wall"}, ["arm_4", "arm_2"]),
    ({"q": "WALL hit"}, ["arm_4", "arm_2"]),
    ({"q": "grip"}, ["arm_1"]),
    ({"q": "ripper"}, []),
    ({"q": "scan tf"}, ["arm_2"]),
    ({"q": "wheel rover"}, ["arm_3"]),
    ({"q": "köln grüße"}, ["arm_3"]),
    ({"q": "arm_1"}, ["arm_1"]),
    ({"q": "wall slipped"}, []),
    ({"q": "  "}, ["arm_4", "arm_3", "arm_2", "arm_1"]),
]
SORTED: list[tuple[dict[str, Any], list[str]]] = [
    ({"order": "asc"}, ["arm_1", "arm_2", "arm_3", "arm_4"]),
    ({"sort": "size"}, ["arm_2", "arm_4", "arm_3", "arm_1"]),
    ({"sort": "size", "order": "asc"}, ["arm_1", "arm_3", "arm_4", "arm_2"]),
    ({"sort": "duration"}, ["arm_2", "arm_4", "arm_3", "arm_1"]),
]
HOSTILE = ["'", '"', "wall'); DROP TABLE recordings; --", "a* OR b", "NEAR(", "½:* & !", "\\", "%_"]


async def test_each_filter_narrows(four: httpx2.AsyncClient) -> None:
    for asked, expected in NARROWED:
        assert (asked, await found(four, **asked)) == (asked, expected)


async def test_no_text_is_syntax(four: httpx2.AsyncClient) -> None:
    for text in HOSTILE:
        narrowed = await four.get("/api/sessions", params={"q": text, "label": text, "topic": text, "incident": text})
        assert narrowed.json()["sessions"] == []
        assert (await four.get("/api/sessions", params={"q": text})).status_code == 200
    assert len(await found(four)) == 4


async def test_the_search_follows_what_changes(four: httpx2.AsyncClient, hub: Hub) -> None:
    remark = (await four.get("/api/sessions/arm_3/annotations")).json()["annotations"][0]
    await four.put(f"/api/annotations/{remark['id']}", json={"body": "a screw is missing"})
    async with hub.database.transaction() as session:
        changed = update(RecordingRow).where(RecordingRow.session_id == "arm_1")
        await session.execute(changed.values(label="dropped", topics=["/imu"]))

    assert (await found(four, q="wheel"), await found(four, q="screw")) == ([], ["arm_3"])
    assert (await found(four, q="slipped"), await found(four, q="dropped")) == ([], ["arm_1"])
    assert (await found(four, topic="/gripper/force"), await found(four, topic="/imu")) == ([], ["arm_1"])
    await four.delete(f"/api/annotations/{remark['id']}")
    assert await found(four, q="screw") == []


async def test_a_list_is_sorted_and_a_cursor_walks_through_it(four: httpx2.AsyncClient) -> None:
    for asked, expected in SORTED:
        assert await found(four, **asked) == expected
        assert [one async for one in walked(four, **asked, limit=1)] == expected


async def walked(client: httpx2.AsyncClient, **asked: Any) -> AsyncIterator[str]:
    """Every recording, from cursor to cursor."""
    page = (await client.get("/api/sessions", params=asked)).json()
    while True:
        for one in page["sessions"]:
            yield one["session_id"]
        if page["next_cursor"] is None:
            return
        page = (await client.get("/api/sessions", params={**asked, "cursor": page["next_cursor"]})).json()


async def test_a_cursor_skips_nothing_when_recordings_come_meanwhile(four: httpx2.AsyncClient, hub: Hub) -> None:
    first = (await four.get("/api/sessions", params={"limit": 2})).json()
    async with hub.database.transaction() as session:
        await session.execute(insert(RecordingRow).values(row(9)))

    second = (await four.get("/api/sessions", params={"limit": 2, "cursor": first["next_cursor"]})).json()

    assert [one["session_id"] for one in second["sessions"]] == ["arm_2", "arm_1"]
    assert second["next_cursor"] is None


async def test_a_cursor_of_another_list_is_refused(client: httpx2.AsyncClient) -> None:
    for cursor in ("x", "ü", "W10", "bnVsbA", "WyJzaXplIiwiZGVzYyIsMSwxXQ"):
        answer = await client.get("/api/sessions", params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


async def test_facets_count_what_the_filters_leave(four: httpx2.AsyncClient) -> None:
    whole = (await four.get("/api/v1/recordings/facets")).json()
    narrowed = (await four.get("/api/v1/recordings/facets", params={"label": "hit a wall"})).json()

    assert whole["labels"][0] == {"value": "hit a wall", "count": 2}
    assert whole["topics"] == [
        {"value": "/scan", "count": 2},
        {"value": "/gripper/force", "count": 1},
        {"value": "/tf", "count": 1},
    ]
    assert whole["triggers"] == [{"value": "/gripper.force < 1", "count": 1}]
    assert narrowed["robots"] == [{"value": "arm", "count": 1}, {"value": "rover", "count": 1}]
    assert narrowed["topics"] == [{"value": "/scan", "count": 1}, {"value": "/tf", "count": 1}]
    assert narrowed["states"] == [{"value": "announced", "count": 2}]


async def test_a_longer_list_costs_no_more_queries(four: httpx2.AsyncClient, hub: Hub) -> None:
    asked = {"q": "wall", "topic": "/scan", "annotated": False, "site": "hall 3", "incident": "inc_1"}

    async def cost(**more: Any) -> int:
        with counting_queries(hub.database) as statements:
            await four.get("/api/sessions", params=more)
        return len(statements)

    assert await cost(limit=1) == await cost(limit=3) <= 4
    assert await cost(limit=200) <= 4
    assert await cost(**asked) <= 6
