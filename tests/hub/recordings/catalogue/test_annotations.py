"""Remarks at spans, with authors and tags, and many of them."""

from __future__ import annotations

import httpx2
import pytest
from dirty_equals import IsPartialDict
from sqlalchemy import insert

from pilothouse.hub.composition import Hub
from pilothouse.hub.recordings.models import AnnotationRow, RecordingRow
from pilothouse.kit.clock import at
from tests.hub.recordings.catalogue.test_search import START_NS, row
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio
ROUTE = "/api/sessions/arm_1/annotations"


@pytest.fixture
async def stored(client: httpx2.AsyncClient, hub: Hub) -> httpx2.AsyncClient:
    async with hub.database.transaction() as session:
        await session.execute(insert(RecordingRow).values(row(1)))
    return client


async def test_a_remark_has_a_span_an_author_and_tags(stored: httpx2.AsyncClient) -> None:
    new = {"time_ns": 5, "end_time_ns": 9, "body": "slips", "tags": [" gripper ", "wear", "wear"]}
    made = (await stored.post(ROUTE, json=new)).json()
    at_a_time = (await stored.post(ROUTE, json={"time_ns": 5, "body": "here"})).json()

    assert made == IsPartialDict(time_ns=5, end_time_ns=9, tags=["gripper", "wear"])
    assert made["author"] == ""  # nobody has to sign in here
    assert at_a_time == IsPartialDict(end_time_ns=None, tags=[])
    listed = (await stored.get(ROUTE)).json()
    assert listed["annotations"] == listed["items"] == [made, at_a_time]


async def test_what_is_not_sent_stays_and_an_end_of_null_goes(stored: httpx2.AsyncClient) -> None:
    made = (await stored.post(ROUTE, json={"time_ns": 5, "end_time_ns": 9, "body": "x", "tags": ["a"]})).json()
    route = f"/api/annotations/{made['id']}"

    worded = (await stored.put(route, json={"body": "y"})).json()
    tagged = (await stored.put(route, json={"body": "y", "tags": [], "end_time_ns": None})).json()

    assert worded == IsPartialDict(body="y", end_time_ns=9, tags=["a"])
    assert tagged == IsPartialDict(end_time_ns=None, tags=[])


async def test_no_span_ends_before_it_begins(stored: httpx2.AsyncClient) -> None:
    made = (await stored.post(ROUTE, json={"time_ns": 5, "end_time_ns": 9, "body": "x"})).json()

    new = await stored.post(ROUTE, json={"time_ns": 5, "end_time_ns": 4, "body": "x"})
    changed = await stored.put(f"/api/annotations/{made['id']}", json={"body": "x", "time_ns": 10})

    assert (new.status_code, changed.status_code) == (422, 422)
    assert changed.json()["code"] == "span_backwards"
    assert (await stored.get(ROUTE)).json()["annotations"] == [made]


async def test_ten_thousand_remarks_cost_no_more_queries_than_one(stored: httpx2.AsyncClient, hub: Hub) -> None:
    await stored.post(ROUTE, json={"time_ns": 1, "body": "first"})
    with counting_queries(hub.database) as few:
        await stored.get(ROUTE)
    about = {"session_id": "arm_1", "author": "", "tags": [], "created_at": at(START_NS), "updated_at": at(START_NS)}
    async with hub.database.transaction() as session:
        rows = [{**about, "time_ns": number, "body": f"remark {number}"} for number in range(2, 10_001)]
        await session.execute(insert(AnnotationRow), rows)

    with counting_queries(hub.database) as many:
        page = (await stored.get(ROUTE, params={"offset": 9_990})).json()
    listed = (await stored.get("/api/sessions", params={"q": "9999"})).json()

    assert len(many) == len(few)
    assert (page["total"], [one["time_ns"] for one in page["annotations"]]) == (10_000, list(range(9_991, 10_001)))
    assert listed["sessions"][0]["annotation_count"] == 10_000
