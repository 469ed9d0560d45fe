"""Robots with wrong clocks, robots that speak of others, guards that report for weeks, people at the same moment."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from pilothouse.hub.composition import Hub
from pilothouse.hub.events import consuming
from pilothouse.hub.incidents.domain.occurrences import AHEAD, of_alert, of_recording
from pilothouse.hub.incidents.service import Following, Grouping, grouping
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import NS_PER_S
from pilothouse.wire.alertmanager import Alert
from tests.hub.conftest import client_of, closed
from tests.support.flights import START_NS

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 5, 12, 8, 42, 30, tzinfo=UTC)
ALERTS = "/api/v1/incidents/alerts"
ANNOUNCEMENTS = "/api/v1/recordings/announcements"


@pytest.fixture
def hub_settings(hub_settings: HubSettings) -> HubSettings:
    return closed(hub_settings)


@pytest.fixture
async def client(hub_app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """An operator."""
    async with client_of(hub_app, auth=("eva", "hunter2")) as calling:
        yield calling


async def robot(hub_app: FastAPI, operator: httpx2.AsyncClient, robot_id: str) -> httpx2.AsyncClient:
    """A robot with a token of its own."""
    made = await operator.post("/api/v1/robots/enrolments", json={"robot_id": robot_id})
    token = (
        await operator.post("/api/v1/robots/enroll", json={"code": made.json()["code"], "robot_id": robot_id})
    ).json()
    return client_of(hub_app, headers={"Authorization": f"Bearer {token['token']}"})


def announcement(number: int, incident_id: str, *, robot_id: str = "ada", fired_ns: int = START_NS) -> dict[str, Any]:
    fired = {"rule": "stall", "kind": "stall", "topic": "/odom", "value": 0.0, "fired_at_ns": fired_ns}
    return {
        "session_id": f"{robot_id}_20260512T0842{number:02d}Z", "robot_id": robot_id, "label": "stall",
        "reason": "trigger", "incident_id": incident_id, "trigger": fired, "size_bytes": 1000,
    }  # fmt: skip


async def incident(client: httpx2.AsyncClient, incident_id: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            answer = await client.get(f"/api/v1/incidents/{incident_id}")
            if answer.status_code == 200:
                return dict(answer.json())
            await asyncio.sleep(0.02)


async def total(client: httpx2.AsyncClient) -> int:
    return int((await client.get("/api/v1/incidents")).json()["total"])


async def test_a_robot_sends_alerts_of_itself_only(hub_app: FastAPI, client: httpx2.AsyncClient) -> None:
    alert = {"labels": {"alertname": "hot", "robot": "bob"}, "fingerprint": "f1"}
    of_bob = (await client.post(ALERTS, json={"alerts": [alert]})).json()["incident_ids"]

    async with await robot(hub_app, client, "ada") as ada:
        of_ada = (await ada.post(ALERTS, json={"alerts": [alert]})).json()["incident_ids"]
        await ada.post(ALERTS, json={"alerts": [{**alert, "status": "resolved"}]})
        listed = (await ada.get("/api/v1/incidents")).json()["items"]
        bobs = await ada.get(f"/api/v1/incidents/{of_bob[0]}")

    assert of_ada != of_bob
    assert [(one["id"], one["robot_id"]) for one in listed] == [(of_ada[0], "ada")]
    assert bobs.status_code == 404
    kinds = [one["kind"] for one in (await client.get(f"/api/v1/incidents/{of_bob[0]}/timeline")).json()["items"]]
    assert kinds == ["opened", "alert"]


async def test_a_robot_that_names_the_incident_of_another_gets_its_own(client: httpx2.AsyncClient) -> None:
    await client.post(ANNOUNCEMENTS, json=announcement(1, "inc_bob", robot_id="bob"))
    await incident(client, "inc_bob")
    await client.post(ANNOUNCEMENTS, json=announcement(2, "inc_bob", robot_id="ada"))
    await client.post(ANNOUNCEMENTS, json=announcement(3, "inc_ada", robot_id="ada"))
    await incident(client, "inc_ada")

    bobs = await incident(client, "inc_bob")

    assert (bobs["robot_id"], bobs["recording_count"]) == ("bob", 1)
    assert (await client.get("/api/v1/incidents?robot_id=ada")).json()["items"][0]["recording_count"] == 2


@pytest.mark.parametrize("fired_ns", [0, 2**62, START_NS - 10**9 * NS_PER_S])
async def test_a_clock_that_is_wrong_neither_joins_everything_nor_keeps_an_incident_open_for_ever(
    client: httpx2.AsyncClient, fired_ns: int
) -> None:
    await client.post(ANNOUNCEMENTS, json=announcement(1, "inc_right"))
    await incident(client, "inc_right")
    await client.post(ANNOUNCEMENTS, json=announcement(2, "inc_wrong", fired_ns=fired_ns))
    wrong = await incident(client, "inc_wrong")
    await client.post(ANNOUNCEMENTS, json=announcement(3, "inc_later", fired_ns=START_NS + 3_600 * NS_PER_S))
    later = await incident(client, "inc_later")

    assert [wrong["id"], later["id"]] == ["inc_wrong", "inc_later"]
    assert datetime.fromisoformat(wrong["last_occurred_at"]) <= datetime.now(UTC) + AHEAD


async def test_what_is_delivered_late_joins_the_incident_it_belongs_to(client: httpx2.AsyncClient) -> None:
    for number, minutes in ((1, 0), (2, 8), (3, 16), (4, 4), (5, -5)):
        fired_ns = START_NS + minutes * 60 * NS_PER_S
        await client.post(ANNOUNCEMENTS, json=announcement(number, f"inc_{number}", fired_ns=fired_ns))
        await incident(client, f"inc_{number}")

    assert (await incident(client, "inc_1"))["recording_count"] == 5
    assert await total(client) == 1


async def test_a_guard_that_reports_for_weeks_is_counted_and_not_listed(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MOST_RISK_ENTRIES", 3)
    shared = {"robot_id": "ada", "occurred_at": datetime.now(UTC).isoformat(), "outcome": "reject"}
    level = {"decision": "REJECT", "risk_level": "CRITICAL", "boundary": "walls"}
    for number in range(7):
        await client.post("/api/v1/risk-events", json={"events": [{"event_id": f"e{number}", **shared, **level}]})
    async with asyncio.timeout(20):
        while (
            not (found := (await client.get("/api/v1/incidents")).json()["items"]) or found[0]["risk_event_count"] < 7
        ):
            await asyncio.sleep(0.02)

    timeline = (await client.get(f"/api/v1/incidents/{found[0]['id']}/timeline")).json()

    assert [one["kind"] for one in timeline["items"]] == ["opened", *["risk_event"] * 4]
    assert timeline["items"][-1]["facts"] == {"further": "counted, not listed"}


async def test_the_cursor_follows_events_that_are_nobodys_incident(
    hub: Hub, hub_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "MAY_LAG", 50)
    async with hub.database.transaction() as session:
        for number in range(120):
            hub.events.append(session, "hub", "robot.seen", f"r{number}", {})
    own = Following(hub.database, hub.events, Grouping(hub.events, hub.clock, window=timedelta(minutes=10)))

    await own.take(await hub.events.since("hub", 0))

    async with hub.database.reading() as session:
        assert await own.cursor(session).read() >= 120


async def test_an_event_that_met_another_transaction_is_tried_once_more(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, failures = Grouping.take, iter([True, True])

    async def stumble(self: Grouping, *what: Any) -> object:
        if next(failures, False):
            raise RuntimeError("deadlock detected")
        return await take(self, *what)

    monkeypatch.setattr(Grouping, "take", stumble)
    await client.post(ANNOUNCEMENTS, json=announcement(1, "inc_one"))
    await client.post(ANNOUNCEMENTS, json=announcement(2, "inc_two", robot_id="bob"))

    assert (await incident(client, "inc_two"))["recording_count"] == 1


async def test_a_persons_judgement_is_not_undone_by_what_comes_at_the_same_moment(
    client: httpx2.AsyncClient, hub: Hub, hub_app: FastAPI
) -> None:
    if hub.database.dialect == "sqlite":
        pytest.skip("SQLite has one writer")
    await client.post(ANNOUNCEMENTS, json=announcement(1, "inc_one"))
    await incident(client, "inc_one")
    held = asyncio.Event()

    async def judge() -> None:
        async with hub.database.transaction() as session:
            await session.execute(
                text("UPDATE incidents SET severity_by_person = true, severity = 'low', severity_rank = 0")
            )
            held.set()
            async with asyncio.timeout(20):
                while not await _waiting(hub):
                    await asyncio.sleep(0.02)

    async def report() -> None:
        await held.wait()
        worse = {"alertname": "stall", "robot": "ada", "severity": "critical"}
        async with hub.database.transaction() as session:
            occurrence = of_alert(Alert(labels=worse), datetime.now(UTC))
            object.__setattr__(occurrence, "incident_id", "inc_one")
            await Grouping(hub.events, hub.clock, window=timedelta(minutes=10)).take(session, occurrence)

    await asyncio.gather(judge(), report())

    found = await incident(client, "inc_one")
    assert (found["severity"], found["alert_count"]) == ("low", 1)


async def _waiting(hub: Hub) -> bool:
    async with hub.database.reading() as session:
        locks = text(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(await session.scalar(locks))


async def test_two_incidents_are_not_duplicates_of_each_other(client: httpx2.AsyncClient) -> None:
    ids = [(await client.post("/api/v1/incidents", json={"title": name})).json()["id"] for name in "ab"]
    change = {"state": "duplicate", "reason": "same"}
    await client.patch(f"/api/v1/incidents/{ids[0]}", json={**change, "duplicate_of": ids[1]})

    answer = await client.patch(f"/api/v1/incidents/{ids[1]}", json={**change, "duplicate_of": ids[0]})

    assert (answer.status_code, answer.json()["code"]) == (422, "original_needed")


async def test_a_thousand_alerts_with_a_thousand_labels_are_taken_and_cut_short(client: httpx2.AsyncClient) -> None:
    labels = {f"label{n}": "x" * 10 for n in range(1_000)}
    alerts = [{"labels": {"alertname": "hot"}, "fingerprint": f"f{n}"} for n in range(200)]

    answer = await client.post(ALERTS, json={"alerts": [{"labels": labels, "fingerprint": "long"}, *alerts]})

    assert len(answer.json()["incident_ids"]) == 201
    timeline = (await client.get(f"/api/v1/incidents/{answer.json()['incident_ids'][0]}/timeline")).json()
    assert len(timeline["items"][1]["facts"]["labels"]) == 64


@pytest.mark.parametrize(
    "body",
    [
        {"alerts": [{"labels": {"alertname": "a\0b"}}]},
        {"alerts": [{"labels": {"robot": "\ud800"}}]},
        {"alerts": [{"labels": {"alertname": "x" * 100_000}, "startsAt": "\x1b[31m"}]},
        {"alerts": []},
        {"alerts": [{}] * 1_001},
    ],
)
async def test_alerts_of_any_kind_are_taken_or_refused(client: httpx2.AsyncClient, body: dict[str, Any]) -> None:
    answer = await client.post(ALERTS, content=json.dumps(body), headers={"Content-Type": "application/json"})

    assert answer.status_code in (200, 422), answer.text


@pytest.mark.parametrize("said", ["statistics", "alerts", "..", "a/b", "x y", "ä", "x" * 101])
def test_an_id_that_leads_nowhere_is_not_taken_over(said: str) -> None:
    found = of_recording("ada_1", {"incident_id": said, "reason": "trigger"}, NOW)

    assert found is not None
    assert found.incident_id is None
