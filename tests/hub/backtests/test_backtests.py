"""Rules over stored recordings, as jobs."""

from __future__ import annotations

import asyncio
import os
import shutil

import httpx2
import pytest
from sqlalchemy import text

from pilothouse.hub.backtests.domain import thinned
from pilothouse.hub.backtests.service import Backtests
from pilothouse.hub.composition import Hub
from tests.support.flights import drone_flight, saying, write_messages

pytestmark = pytest.mark.anyio

SPEED = {"kind": "threshold", "topic": "/speed", "field": "v", "op": "gt", "value": 5.0, "name": "fast"}


@pytest.fixture
async def stored(hub: Hub, client: httpx2.AsyncClient) -> list[str]:
    """Three recordings of two robots, indexed; the rule above fires in two of them."""
    sessions = hub.settings.data / "sessions"
    ids = []
    for robot, second, peak in (("ada", 1, 9.0), ("ada", 2, 3.0), ("bob", 3, 7.0)):
        session_id = f"{robot}_20260101T00000{second}Z"
        values = [{"v": 1.0}] * 10 + [{"v": peak}] * 5 + [{"v": 1.0}] * 10
        write_messages(sessions / f"{session_id}.mcap", saying("/speed", values))
        ids.append(session_id)
    await client.post("/api/admin/rescan")
    await _until_indexed(client, 3)
    return ids


async def test_a_backtest_finds_what_fires_in_every_recording(client: httpx2.AsyncClient, stored: list[str]) -> None:
    asked = await client.post("/api/v1/backtests", json={"triggers": [SPEED], "name": "is five too low?"})

    assert asked.status_code == 201, asked.text
    assert asked.json()["total"] == 3
    assert asked.json()["rules"] == ["fast"]
    done = await _until_over(client, asked.json()["id"])
    assert (done["state"], done["completed"], done["failed"], done["firings"]) == ("done", 3, 0, 2)
    results = (await client.get(f"/api/v1/backtests/{done['id']}/results")).json()
    assert [one["session_id"] for one in results["items"]] == stored
    assert [one["firing_count"] for one in results["items"]] == [1, 0, 1]
    firing = results["items"][0]["firings"][0]
    assert firing["fired"]["value"] == 9.0
    assert [value for _, value in firing["curve"] if value > 5] == [9.0] * 5
    fired = (await client.get(f"/api/v1/backtests/{done['id']}/results?fired_only=true")).json()
    assert [one["robot_id"] for one in fired["items"]] == ["ada", "bob"]
    assert fired["total"] == 2


async def test_the_recordings_are_chosen_by_robot_time_label_or_name(
    client: httpx2.AsyncClient, stored: list[str]
) -> None:
    async def total(**selection: object) -> int | str:
        answer = await client.post("/api/v1/backtests", json={"triggers": [SPEED], **selection})
        return answer.json()["total"] if answer.status_code == 201 else answer.json()["code"]

    assert await total(robot_id="ada") == 2
    assert await total(session_ids=[stored[2], stored[2], "not_there"]) == 1
    assert await total(since="2000-01-01T00:00:00Z", until="9999-01-01T00:00:00Z") == 3
    assert await total(until="0001-01-02T00:00:00Z") == "nothing_to_test"
    assert await total(label="no such label") == "nothing_to_test"


async def test_the_rules_are_those_of_a_recorder_and_a_wrong_one_is_named(
    client: httpx2.AsyncClient, stored: list[str]
) -> None:
    in_one_line = await client.post("/api/v1/backtests", json={"triggers": ["/speed.v > 5"]})
    preset = await client.post("/api/v1/backtests", json={"triggers": [{"preset": "no-such"}]})
    misspelt = await client.post("/api/v1/backtests", json={"triggers": [{**SPEED, "valeu": 1}]})

    assert in_one_line.status_code == 201
    assert (await _until_over(client, in_one_line.json()["id"]))["firings"] == 2
    assert (preset.status_code, preset.json()["code"]) == (422, "rule_unusable")
    assert (misspelt.status_code, misspelt.json()["code"]) == (422, "rule_unusable")
    assert "valeu" in misspelt.json()["detail"]


async def test_a_recording_that_is_gone_is_a_result_that_says_so(
    client: httpx2.AsyncClient, hub: Hub, stored: list[str]
) -> None:
    (hub.settings.data / "sessions" / f"{stored[1]}.mcap").unlink()

    asked = await client.post("/api/v1/backtests", json={"triggers": [SPEED], "session_ids": stored})

    done = await _until_over(client, asked.json()["id"])
    assert (done["completed"], done["failed"], done["firings"]) == (3, 1, 2)
    results = (await client.get(f"/api/v1/backtests/{done['id']}/results")).json()["items"]
    problem = {one["session_id"]: one["problem"] for one in results}[stored[1]]
    assert problem is not None
    assert "no longer there" in problem or "No recording" in problem


async def test_a_file_that_breaks_after_it_was_indexed_is_a_result_that_says_so(
    client: httpx2.AsyncClient, hub: Hub, stored: list[str]
) -> None:
    path = hub.settings.data / "sessions" / f"{stored[0]}.mcap"
    status, content = path.stat(), bytearray(path.read_bytes())
    content[60:200] = b"\xff" * 140
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    asked = await client.post("/api/v1/backtests", json={"triggers": [SPEED], "session_ids": [stored[0], stored[2]]})

    done = await _until_over(client, asked.json()["id"])
    assert (done["completed"], done["failed"], done["firings"]) == (2, 1, 1)


async def test_what_a_killed_hub_left_goes_on_and_counts_nothing_twice(
    client: httpx2.AsyncClient, hub: Hub, hub_app: object, stored: list[str]
) -> None:
    asked = (await client.post("/api/v1/backtests", json={"triggers": [SPEED]})).json()
    await _until_over(client, asked["id"])
    async with hub.database.transaction() as session:
        await session.execute(text("UPDATE backtests SET state = 'running', finished_at = NULL"))
        await session.execute(text("DELETE FROM backtest_results WHERE session_id = :one"), {"one": stored[2]})

    await asyncio.gather(*(_backtests(hub_app).run(asked["id"]) for _ in range(3)))

    done = (await client.get(f"/api/v1/backtests/{asked['id']}")).json()
    assert (done["state"], done["completed"], done["firings"]) == ("done", 3, 2)


async def test_a_cancelled_backtest_stays_cancelled_and_keeps_what_it_found(
    client: httpx2.AsyncClient, hub: Hub, hub_app: object, stored: list[str]
) -> None:
    asked = (await client.post("/api/v1/backtests", json={"triggers": [SPEED]})).json()
    await _until_over(client, asked["id"])
    async with hub.database.transaction() as session:
        await session.execute(text("UPDATE backtests SET state = 'queued', finished_at = NULL"))
        await session.execute(text("DELETE FROM backtest_results WHERE session_id = :one"), {"one": stored[0]})

    cancelled = await client.post(f"/api/v1/backtests/{asked['id']}/cancel")
    again = await client.post(f"/api/v1/backtests/{asked['id']}/cancel")
    await _backtests(hub_app).run(asked["id"])

    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert (again.status_code, again.json()["code"]) == (409, "backtest_over")
    after = (await client.get(f"/api/v1/backtests/{asked['id']}")).json()
    assert (after["state"], after["completed"]) == ("cancelled", 2)


async def test_a_deleted_backtest_is_gone_with_its_results(client: httpx2.AsyncClient, stored: list[str]) -> None:
    asked = (await client.post("/api/v1/backtests", json={"triggers": [SPEED]})).json()

    deleted = await client.delete(f"/api/v1/backtests/{asked['id']}")

    assert deleted.status_code == 204
    for path in ("", "/results"):
        answer = await client.get(f"/api/v1/backtests/{asked['id']}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_backtest")
    assert (await client.get("/api/v1/backtests")).json()["items"] == []


async def test_a_backtest_asked_for_twice_under_one_key_is_one(client: httpx2.AsyncClient, stored: list[str]) -> None:
    headers = {"Idempotency-Key": "one"}
    asked = [await client.post("/api/v1/backtests", json={"triggers": [SPEED]}, headers=headers) for _ in range(2)]

    assert asked[0].json()["id"] == asked[1].json()["id"]
    assert (await client.get("/api/v1/backtests")).json()["total"] == 1


async def test_progress_is_told_live(client: httpx2.AsyncClient, hub: Hub, stored: list[str]) -> None:
    asked = (await client.post("/api/v1/backtests", json={"triggers": [SPEED]})).json()
    await _until_over(client, asked["id"])

    events = [one for one in await hub.events.since("hub", 0, 1000) if one.subject == asked["id"]]

    kinds = [one.kind for one in events]
    assert kinds == ["backtest.queued", "backtest.running", *["backtest.progressed"] * 3, "backtest.done"]
    assert [one.payload["completed"] for one in events if "completed" in one.payload] == [1, 2, 3]


async def test_the_drone_flight_is_tested_as_the_command_line_does(client: httpx2.AsyncClient, hub: Hub) -> None:
    shutil.copy(drone_flight(), hub.settings.data / "sessions" / "drone_20260101T000000Z.mcap")
    await client.post("/api/admin/rescan")
    await _until_indexed(client, 1)

    asked = await client.post("/api/v1/backtests", json={"triggers": ["/speed.data > 9", {"preset": "drone"}]})

    done = await _until_over(client, asked.json()["id"])
    result = (await client.get(f"/api/v1/backtests/{done['id']}/results")).json()["items"][0]
    speed = next(one for one in result["firings"] if one["fired"]["topic"] == "/speed")
    assert speed["fired"]["value"] > 9
    assert max(value for _, value in speed["curve"]) == pytest.approx(9.51, abs=0.01)
    assert any("nothing in this recording" in warning for warning in result["warnings"])


def test_a_thinned_curve_keeps_its_peaks() -> None:
    curve = [(number, 0.0) for number in range(10_000)]
    curve[777], curve[4321] = (777, 5.0), (4321, -5.0)

    kept = thinned(curve, 200)

    assert len(kept) <= 200
    assert {(777, 5.0), (4321, -5.0)} <= set(kept)
    assert kept == sorted(kept)


async def _until_indexed(client: httpx2.AsyncClient, count: int) -> None:
    async with asyncio.timeout(20):
        while True:
            sessions = (await client.get("/api/sessions")).json()["sessions"]
            if [one["state"] for one in sessions] == ["ok"] * count:
                return
            await asyncio.sleep(0.02)


async def _until_over(client: httpx2.AsyncClient, backtest_id: str) -> dict[str, object]:
    async with asyncio.timeout(30):
        while True:
            backtest = (await client.get(f"/api/v1/backtests/{backtest_id}")).json()
            if backtest["state"] in ("done", "cancelled"):
                return backtest  # type: ignore[no-any-return]
            await asyncio.sleep(0.02)


def _backtests(app: object) -> Backtests:
    backtests = app.state.backtests  # type: ignore[attr-defined]
    assert isinstance(backtests, Backtests)
    return backtests
