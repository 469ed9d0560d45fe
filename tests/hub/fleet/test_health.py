"""Healthy, stale, silent: by each robot's own interval, told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pilothouse.hub.fleet.service.health import MOST_CHANGES, RobotHealths
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import at
from tests.support.guarded import Guarded, guarded_hub
from tests.support.queries import counting_queries

pytestmark = pytest.mark.anyio


@pytest.fixture
async def guarded(hub_settings: HubSettings, anyio_backend: str) -> AsyncIterator[Guarded]:
    async with guarded_hub(hub_settings) as hub:
        # What was said before it listened is nobody's fault; this one has listened for long.
        hub.clock.advance(86_400)
        yield hub


async def passes(guarded: Guarded, seconds: float) -> None:
    guarded.clock.advance(seconds)
    await guarded.fleet.healths.judge()


async def healths(guarded: Guarded) -> dict[str, str | None]:
    listed = (await guarded.operator.get("/api/v1/robots")).json()["items"]
    return {robot["robot_id"]: robot["health"] for robot in listed}


async def changes(guarded: Guarded) -> list[tuple[str, str | None, str]]:
    told = await guarded.told("robot.health_changed")
    return [(one["robot_id"], one["previous"], one["health"]) for one in told]


async def test_a_robot_is_stale_after_three_of_its_own_intervals_and_silent_after_ten(guarded: Guarded) -> None:
    await guarded.beat("slow", interval_s=100)
    await guarded.beat("quick", interval_s=10)

    await passes(guarded, 31)
    assert await healths(guarded) == {"slow": "healthy", "quick": "healthy"}
    await passes(guarded, 1)
    assert await healths(guarded) == {"slow": "healthy", "quick": "stale"}
    await passes(guarded, 70)
    assert await healths(guarded) == {"slow": "healthy", "quick": "silent"}
    await passes(guarded, 200)
    assert await healths(guarded) == {"slow": "stale", "quick": "silent"}
    assert await changes(guarded) == [
        ("quick", "healthy", "stale"),
        ("quick", "stale", "silent"),
        ("slow", "healthy", "stale"),
    ]


async def test_a_heartbeat_makes_it_healthy_again_and_says_so(guarded: Guarded) -> None:
    await guarded.beat("arm", interval_s=10)
    await passes(guarded, 40)
    await guarded.beat("arm", interval_s=10)
    await guarded.beat("arm", interval_s=10)

    assert await healths(guarded) == {"arm": "healthy"}
    assert await changes(guarded) == [("arm", "healthy", "stale"), ("arm", "stale", "healthy")]


async def test_one_that_was_away_for_long_is_told_to_be_silent_at_once(guarded: Guarded) -> None:
    await guarded.beat("arm", interval_s=1)

    await passes(guarded, 3_600)

    assert await changes(guarded) == [("arm", "healthy", "silent")]


async def test_one_that_does_not_say_its_interval_is_taken_to_speak_once_a_minute(guarded: Guarded) -> None:
    await guarded.beat("arm")

    await passes(guarded, 181)
    before = await healths(guarded)
    await passes(guarded, 1)

    assert (before, await healths(guarded)) == ({"arm": "healthy"}, {"arm": "stale"})


async def test_several_hubs_that_notice_at_once_tell_it_once(guarded: Guarded) -> None:
    for number in range(20):
        await guarded.beat(f"r{number:02d}", interval_s=1)
    hub = guarded.hub
    others = [RobotHealths(hub.database, hub.events, guarded.clock) for _ in range(4)]
    guarded.clock.advance(3_600)

    found = await asyncio.gather(*(one.judge() for one in others))

    assert sum(map(len, found)) == 20
    assert len(await changes(guarded)) == 20


async def test_nobody_is_blamed_for_what_was_said_while_no_hub_listened(guarded: Guarded) -> None:
    await guarded.beat("arm", interval_s=10)
    guarded.clock.advance(3_600)
    restarted = RobotHealths(guarded.hub.database, guarded.hub.events, guarded.clock)

    assert await restarted.judge() == []
    guarded.clock.advance(30)
    (stale,) = await restarted.judge()
    guarded.clock.advance(70)
    (silent,) = await restarted.judge()

    assert (stale.health, silent.health) == ("stale", "silent")


async def test_a_robot_that_only_recorded_has_no_health(guarded: Guarded) -> None:
    async with guarded.hub.database.transaction() as session:
        await guarded.fleet.robots.seen_in_recording(session, "arm")

    await passes(guarded, 1e6)

    assert await healths(guarded) == {"arm": None}
    await guarded.beat("arm", interval_s=1)
    assert await changes(guarded) == [("arm", None, "healthy")]


async def test_clock_skew_is_what_a_robots_clock_is_ahead(guarded: Guarded) -> None:
    ahead = at(guarded.clock.now_ns()) + timedelta(seconds=90)
    await guarded.beat("ahead", sent_at=ahead.isoformat())
    await guarded.beat("behind", sent_at=(ahead - timedelta(seconds=100)).isoformat())
    await guarded.beat("quiet")

    listed = (await guarded.operator.get("/api/v1/robots")).json()["items"]

    assert {robot["robot_id"]: robot["clock_skew_s"] for robot in listed} == {
        "ahead": 90.0,
        "behind": -10.0,
        "quiet": None,
    }


async def test_the_history_holds_changes_and_one_row_for_each_hour(guarded: Guarded) -> None:
    for depth, free in ((3, 500), (9, 400), (1, 450)):
        await guarded.beat("arm", interval_s=60, outbox_depth=depth, disk_free_bytes=free)
    await passes(guarded, 3_600)
    await guarded.beat("arm", interval_s=60)

    history = (await guarded.operator.get("/api/v1/robots/arm/health")).json()

    assert [(one["previous"], one["health"]) for one in history["changes"]] == [
        ("silent", "healthy"),
        ("healthy", "silent"),
    ]
    assert [
        (one["heartbeats"], one["least_disk_free_bytes"], one["most_outbox_depth"]) for one in history["hours"]
    ] == [
        (1, None, None),
        (3, 400, 9),
    ]
    assert history["health"] == "healthy"
    assert history["stale_at"] < history["silent_at"]


async def test_the_history_stays_short(guarded: Guarded) -> None:
    await guarded.beat("arm", interval_s=1)
    for _ in range(30):
        await passes(guarded, 3_600)
        await guarded.beat("arm", interval_s=1)
    async with guarded.hub.database.transaction() as session:
        row = "(:robot, 'stale', 'healthy', '2026-05-13 00:00:00+00:00')"
        for _ in range(3):
            await session.execute(
                text(f"INSERT INTO robot_health_changes (robot_id, health, previous, changed_at) VALUES {row}"),
                [{"robot": "flaps"}] * 400,
            )

    await guarded.fleet.healths.forget()
    async with guarded.hub.database.reading() as session:
        kept = await session.execute(text("SELECT robot_id, count(*) FROM robot_health_changes GROUP BY robot_id"))
        assert dict(kept.all()) == {"arm": 60, "flaps": MOST_CHANGES}
    guarded.clock.advance(15 * 86_400)
    await guarded.fleet.healths.forget()

    history = (await guarded.operator.get("/api/v1/robots/arm/health", params={"changes": 200, "hours": 336})).json()
    assert (len(history["changes"]), history["hours"]) == (60, [])


async def test_a_heartbeat_costs_two_statements_however_many_robots_there_are(guarded: Guarded) -> None:
    body = {"robot_id": "arm", "interval_s": 10}
    await guarded.operator.post("/api/v1/agents/heartbeat", json=body)
    guarded.clock.advance(1)

    with counting_queries(guarded.hub.database) as queries:
        await guarded.operator.post("/api/v1/agents/heartbeat", json=body)

    assert len(queries) == 2, queries


async def fleet(guarded: Guarded) -> None:
    about: list[tuple[str, dict[str, Any]]] = [
        ("a1", {"name": "Arm one", "site": "Lab 2", "tags": ["left", "arm"]}),
        ("b2", {"name": "Übung 100%", "site": "Hall", "tags": ["arm"]}),
        ("c3", {"site": "Hall"}),
    ]
    for robot_id, change in about:
        await guarded.beat(robot_id, interval_s=10)
        assert (await guarded.operator.patch(f"/api/v1/robots/{robot_id}", json=change)).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["a1", "b2", "c3"]),
        ({"site": "Hall"}, ["b2", "c3"]),
        ({"tag": "arm"}, ["a1", "b2"]),
        ({"tag": "arm", "site": "Hall"}, ["b2"]),
        ({"tag": "ar"}, []),
        ({"text": "ARM"}, ["a1"]),
        ({"text": "hall"}, ["b2", "c3"]),
        ({"text": "0%"}, ["b2"]),
        ({"text": "_"}, []),
        ({"health": "healthy"}, ["a1", "b2", "c3"]),
        ({"health": "silent"}, []),
        ({"retired": True}, []),
    ],
)
async def test_robots_are_found_by_what_is_known_of_them(
    guarded: Guarded, wanted: dict[str, Any], found: list[str]
) -> None:
    await fleet(guarded)

    page = (await guarded.operator.get("/api/v1/robots", params=wanted)).json()

    assert ([robot["robot_id"] for robot in page["items"]], page["total"]) == (found, len(found))


async def test_how_many_are_in_trouble_is_counted_and_they_come_first(guarded: Guarded) -> None:
    for robot_id, interval_s in (("a", 1_000), ("b", 30), ("c", 3), ("gone", 1_000), ("z", 1_000)):
        await guarded.beat(robot_id, interval_s=interval_s)
    await guarded.operator.post("/api/v1/robots/gone/retire")
    event = {"event_id": "e", "robot_id": "never", "occurred_at": "2026-05-12T08:00:00Z", "outcome": "pass"}
    event |= {"decision": "PASS", "risk_level": "NORMAL"}
    await guarded.operator.post("/api/v1/risk-events", json={"events": [event]})
    await passes(guarded, 100)

    async def asked(**wanted: object) -> tuple[list[str], dict[str, int]]:
        page = (await guarded.operator.get("/api/v1/robots", params={"order": "trouble", **wanted})).json()
        return [robot["robot_id"] for robot in page["items"]], page["by_health"]

    counts = {"healthy": 2, "stale": 1, "silent": 1, "unheard": 1, "retired": 1}
    assert await asked() == (["c", "b", "a", "z", "never"], counts)
    assert await asked(health="unheard") == (["never"], counts)
    assert await asked(health="stale", limit=1) == (["b"], counts)
    assert await asked(text="z") == (["z"], {**dict.fromkeys(counts, 0), "healthy": 1})


async def test_what_is_not_sent_stays_and_null_clears(guarded: Guarded) -> None:
    await fleet(guarded)

    kept = (await guarded.operator.patch("/api/v1/robots/a1", json={"tags": ["b", "a", "b"]})).json()
    cleared = (await guarded.operator.patch("/api/v1/robots/a1", json={"name": None, "tags": None})).json()

    assert (kept["name"], kept["site"], kept["tags"]) == ("Arm one", "Lab 2", ["a", "b"])
    assert (cleared["name"], cleared["site"], cleared["tags"]) == (None, "Lab 2", [])
    assert (await guarded.told("robot.changed"))[-1] == {"robot_id": "a1", "name": None, "site": "Lab 2", "tags": []}
    assert (await guarded.operator.patch("/api/v1/robots/nobody", json={})).status_code == 404


async def test_a_list_costs_the_same_number_of_queries_however_long_it_is(guarded: Guarded) -> None:
    async def queries_for(limit: int) -> int:
        with counting_queries(guarded.hub.database) as queries:
            await guarded.operator.get("/api/v1/robots", params={"limit": limit})
        return len(queries)

    await fleet(guarded)
    for number in range(20):
        await guarded.invite(f"r{number}")

    assert await queries_for(1) == await queries_for(3) == 5
    with counting_queries(guarded.hub.database) as queries:
        await guarded.operator.get("/api/v1/robots/enrolments")
    assert len(queries) == 2
