"""Failures as people see them: opened by robots, guards, alerts and people, and worked until they are over."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.composition import Hub
from pilothouse.hub.incidents.domain.occurrences import Occurrence, of_alert, of_recording, of_risk
from pilothouse.hub.incidents.domain.states import CLOSED, IncidentState, ReasonNeeded, StepNotAllowed, check_step
from pilothouse.hub.incidents.domain.statistics import Course, figures
from pilothouse.hub.incidents.service import Following, Grouping
from pilothouse.wire.alertmanager import Alert
from tests.support.flights import START_NS
from tests.support.queries import counting_queries
from tests.support.risks import risk_event

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 5, 12, 8, 42, 30, tzinfo=UTC)
ALERT = {
    "status": "firing",
    "labels": {"alertname": "MotorHot", "robot": "ada", "severity": "critical"},
    "annotations": {"summary": "left motor above 90 °C"},
    "startsAt": "2026-05-12T08:42:30Z",
    "fingerprint": "f1",
}


def announced(
    number: int, *, incident_id: str, rule: str = "stall", robot: str = "ada", **other: Any
) -> dict[str, Any]:
    """An announcement of a capture that a rule asked for."""
    fired = {"rule": rule, "kind": "stall", "topic": "/odom", "value": 0.0, "fired_at_ns": START_NS + number * 10**9}
    return {
        "session_id": f"{robot}_20260512T0842{number:02d}Z", "robot_id": robot, "label": rule, "reason": "trigger",
        "incident_id": incident_id, "trigger": fired, "size_bytes": 1000, **other,
    }  # fmt: skip


async def announce(client: httpx2.AsyncClient, *announcements: dict[str, Any]) -> None:
    for one in announcements:
        answer = await client.post("/api/v1/recordings/announcements", json=one)
        assert answer.status_code == 200, answer.text


async def test_a_trigger_opens_an_incident_under_the_id_born_on_the_robot(client: httpx2.AsyncClient) -> None:
    await announce(client, announced(1, incident_id="inc_one"))

    incident = await _until(client, "inc_one")

    assert (incident["state"], incident["severity"], incident["robot_id"]) == ("open", "medium", "ada")
    assert (incident["title"], incident["rule"], incident["opened_by"]) == ("stall on ada", "stall", "trigger")
    assert incident["session_ids"] == ["ada_20260512T084201Z"]
    timeline = (await client.get("/api/v1/incidents/inc_one/timeline")).json()["items"]
    assert sorted(one["kind"] for one in timeline) == ["opened", "recording"]
    assert next(one for one in timeline if one["kind"] == "recording")["facts"]["trigger"]["rule"] == "stall"


async def test_what_the_same_rule_reports_soon_after_joins_and_its_own_id_leads_there(
    client: httpx2.AsyncClient,
) -> None:
    await announce(client, announced(1, incident_id="inc_one"), announced(2, incident_id="inc_two"))
    await announce(client, announced(3, incident_id="inc_other", rule="battery"))
    await announce(client, announced(4, incident_id="inc_bob", robot="bob"))
    await _until(client, "inc_bob")

    listed = (await client.get("/api/v1/incidents")).json()

    assert sorted(one["id"] for one in listed["items"]) == ["inc_bob", "inc_one", "inc_other"]
    grouped = (await client.get("/api/v1/incidents/inc_two")).json()
    assert (grouped["id"], grouped["recording_count"]) == ("inc_one", 2)


async def test_a_trigger_is_its_own_incident_though_its_guard_spoke_of_it_first(client: httpx2.AsyncClient) -> None:
    """The guard rejects for a while; then a rule fires, and until its recording is sealed the guard goes on."""
    for number, incident in ((1, "inc_guard"), (2, "inc_trigger")):
        facts = {"robot_id": "ada", "risk_level": "CRITICAL", "boundary": "speed", "incident_id": incident}
        event = risk_event(number, "reject", **facts)
        await client.post("/api/v1/risk-events", json={"events": [event.model_dump(mode="json")]})
    assert (await _until(client, "inc_trigger"))["id"] == "inc_guard"

    await announce(client, announced(1, incident_id="inc_trigger"), announced(2, incident_id="inc_again"))
    again = await _until(client, "inc_again")
    listed = (await client.get("/api/v1/incidents")).json()["items"]

    assert (again["id"], again["title"], again["recording_count"]) == ("inc_trigger", "stall on ada", 2)
    assert {(one["id"], one["rule"]) for one in listed} == {("inc_guard", "guard: speed"), ("inc_trigger", "stall")}


async def test_what_happens_after_the_window_or_after_the_end_is_another_incident(client: httpx2.AsyncClient) -> None:
    late = announced(5, incident_id="inc_late")
    late["trigger"]["fired_at_ns"] = START_NS + 3_600 * 10**9
    await announce(client, announced(1, incident_id="inc_one"))
    await _until(client, "inc_one")
    await client.patch("/api/v1/incidents/inc_one", json={"state": "resolved", "root_cause": "a loose cable"})

    await announce(client, announced(2, incident_id="inc_two"), late)

    assert (await _until(client, "inc_late"))["id"] == "inc_late"
    assert (await _until(client, "inc_two"))["id"] == "inc_two"
    assert (await client.get("/api/v1/incidents/inc_one")).json()["recording_count"] == 1


async def test_a_capture_that_nobody_needs_to_look_into_opens_nothing(client: httpx2.AsyncClient) -> None:
    await announce(client, announced(1, incident_id="inc_manual", reason="manual", trigger=None))
    await announce(client, announced(2, incident_id="inc_one"))
    await _until(client, "inc_one")

    assert (await client.get("/api/v1/incidents/inc_manual")).status_code == 404


async def test_severe_risk_of_a_guard_opens_an_incident_and_joins_the_capture_it_asked_for(
    client: httpx2.AsyncClient,
) -> None:
    await client.post("/api/v1/risk-events", json={"events": [risk("e1", "ELEVATED"), risk("e2", "CRITICAL")]})
    await client.post("/api/v1/risk-events", json={"events": [risk("e3", "EMERGENCY", incident_id="inc_one")]})
    await announce(client, announced(1, incident_id="inc_one", reason="guard", rule="guard: workspace"))

    incident = await _until(client, "inc_one", recordings=1)

    assert (incident["severity"], incident["opened_by"], incident["risk_event_count"]) == ("critical", "guard", 2)
    assert (await client.get("/api/v1/incidents")).json()["total"] == 1


async def test_an_alert_opens_one_incident_however_often_it_is_repeated(client: httpx2.AsyncClient) -> None:
    first = (await client.post("/api/v1/incidents/alerts", json={"alerts": [ALERT]})).json()
    again = (await client.post("/api/v1/incidents/alerts", json={"alerts": [ALERT]})).json()
    over = await client.post("/api/v1/incidents/alerts", json={"alerts": [{**ALERT, "status": "resolved"}]})

    assert first == again
    assert over.json() == {"incident_ids": []}
    incident = (await client.get(f"/api/v1/incidents/{first['incident_ids'][0]}")).json()
    assert (incident["severity"], incident["robot_id"], incident["alert_count"]) == ("critical", "ada", 1)
    assert incident["title"] == "MotorHot: left motor above 90 °C on ada"
    kinds = [one["kind"] for one in (await client.get(f"/api/v1/incidents/{incident['id']}/timeline")).json()["items"]]
    assert kinds == ["opened", "alert", "alert_over"]


async def test_a_person_opens_works_and_closes_one(client: httpx2.AsyncClient) -> None:
    await announce(client, announced(1, incident_id="inc_robot"))
    await _until(client, "inc_robot")
    session_id = "ada_20260512T084201Z"
    body = {"title": "Arm hit the door", "severity": "high", "session_ids": [session_id], "description": "at 9:10"}

    opened = (await client.post("/api/v1/incidents", json=body)).json()
    path = f"/api/v1/incidents/{opened['id']}"
    steps = [
        await client.patch(path, json={"state": "investigating"}),
        await client.patch(path, json={"severity": "critical", "ticket_url": "https://tickets.example/7"}),
        await client.patch(path, json={"state": "mitigated", "reason": "door locked open"}),
        await client.post(f"{path}/notes", json={"body": "the door sensor was off"}),
        await client.patch(path, json={"state": "resolved", "root_cause": "door sensor"}),
    ]

    assert [step.status_code for step in steps] == [200, 200, 200, 201, 200]
    closed = steps[-1].json()
    assert (closed["state"], closed["root_cause"], closed["severity"]) == ("resolved", "door sensor", "critical")
    assert closed["session_ids"] == [session_id]
    assert closed["acknowledged_at"] is not None
    assert closed["resolved_at"] is not None
    entries = (await client.get(f"{path}/timeline")).json()["items"]
    assert [one["kind"] for one in entries] == ["opened", "note", "recording", *["changed"] * 3, "note", "changed"]
    assert entries[3]["facts"]["changes"]["state"] == ["open", "investigating"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({}, 422, "nothing_changes"),
        ({"state": "wont_fix"}, 422, "reason_needed"),
        ({"state": "duplicate", "reason": "seen"}, 422, "original_needed"),
        ({"state": "duplicate", "reason": "seen", "duplicate_of": "inc_one"}, 422, "original_needed"),
        ({"state": "duplicate", "reason": "seen", "duplicate_of": "inc_none"}, 404, "unknown_incident"),
        ({"version": 7, "state": "resolved"}, 409, "incident_changed"),
        ({"ticket_url": "javascript:alert(1)"}, 422, "invalid"),
        ({"sate": "resolved"}, 422, "invalid"),
    ],
)
async def test_a_change_that_cannot_be_is_refused_and_changes_nothing(
    client: httpx2.AsyncClient, change: dict[str, Any], status: int, code: str
) -> None:
    await announce(client, announced(1, incident_id="inc_one"))
    before = await _until(client, "inc_one")

    answer = await client.patch("/api/v1/incidents/inc_one", json=change)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get("/api/v1/incidents/inc_one")).json() == before


async def test_of_two_people_who_change_the_same_version_one_is_told(client: httpx2.AsyncClient) -> None:
    await announce(client, announced(1, incident_id="inc_one"))
    version = (await _until(client, "inc_one"))["version"]

    answers = await asyncio.gather(
        *(
            client.patch("/api/v1/incidents/inc_one", json={"version": version, "severity": severity})
            for severity in ("low", "high", "critical")
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


async def test_what_robots_report_does_not_undo_a_persons_judgement(client: httpx2.AsyncClient) -> None:
    await announce(client, announced(1, incident_id="inc_one", rule="guard: workspace"))
    await _until(client, "inc_one")
    await client.patch("/api/v1/incidents/inc_one", json={"severity": "low"})

    await client.post("/api/v1/risk-events", json={"events": [risk("e9", "EMERGENCY", incident_id="inc_one")]})

    async with asyncio.timeout(20):
        while (incident := (await client.get("/api/v1/incidents/inc_one")).json())["risk_event_count"] == 0:
            await asyncio.sleep(0.02)
    assert incident["severity"] == "low"


async def test_lists_are_filtered(client: httpx2.AsyncClient) -> None:
    await announce(client, announced(1, incident_id="inc_one"), announced(2, incident_id="inc_two", robot="bob"))
    await _until(client, "inc_two")
    await client.patch("/api/v1/incidents/inc_two", json={"state": "resolved", "severity": "critical"})

    async def ids(**params: Any) -> list[str]:
        answer = await client.get("/api/v1/incidents", params=params)
        return sorted(one["id"] for one in answer.json()["items"])

    assert await ids(live=True) == ["inc_one"]
    assert await ids(state=["resolved", "duplicate"]) == ["inc_two"]
    assert await ids(min_severity="high") == ["inc_two"]
    assert await ids(severity=["critical", "low"]) == ["inc_two"]
    assert await ids(severity="medium") == ["inc_one"]
    assert await ids(robot_id="ada") == ["inc_one"]
    assert await ids(q="ON BOB") == ["inc_two"]
    assert await ids(q="%") == []
    assert await ids(since="2099-01-01T00:00:00Z") == []
    assert await ids(rule="stall", limit=1, offset=1) != []


async def test_the_worst_that_has_waited_longest_can_come_first(client: httpx2.AsyncClient) -> None:
    for title, severity in (("older", "high"), ("mild", "low"), ("worst", "critical"), ("newer", "high")):
        await client.post("/api/v1/incidents", json={"title": title, "severity": severity})

    listed = (await client.get("/api/v1/incidents", params={"order": "urgency", "live": True})).json()["items"]

    assert [one["title"] for one in listed] == ["worst", "older", "newer", "mild"]


async def test_statistics_are_computed_from_what_happened(client: httpx2.AsyncClient) -> None:
    await announce(client, announced(1, incident_id="inc_one"))
    await _until(client, "inc_one")
    await client.patch("/api/v1/incidents/inc_one", json={"state": "resolved"})
    await announce(client, announced(2, incident_id="inc_two"))
    await _until(client, "inc_two")

    statistics = (await client.get("/api/v1/incidents/statistics", params={"days": 1})).json()

    total = statistics["total"]
    assert (total["incidents"], total["unresolved"], total["recurrences"], total["captures"]) == (2, 1, 1, 2)
    assert total["mttr_s"] >= 0
    assert statistics["by_robot"] == [{**total, "key": "ada"}]
    assert statistics["by_rule"] == [{**total, "key": "stall"}]


async def test_events_that_are_seen_again_or_by_two_hubs_change_nothing(
    client: httpx2.AsyncClient, hub: Hub, hub_app: FastAPI
) -> None:
    await announce(client, announced(1, incident_id="inc_one"), announced(2, incident_id="inc_two"))
    before = await _until(client, "inc_two", recordings=2)
    events = await hub.events.since("hub", 0)
    following = _following(hub_app)
    async with hub.database.transaction() as session:
        await session.execute(text("UPDATE incident_cursor SET sequence = 0"))
    await asyncio.gather(*(following.take(events) for _ in range(3)))

    assert (await client.get("/api/v1/incidents/inc_one")).json() == before


async def test_an_event_that_cannot_be_taken_holds_up_no_other(
    client: httpx2.AsyncClient, hub: Hub, hub_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Grouping.take

    async def stumble(self: Grouping, session: AsyncSession, occurrence: Occurrence) -> object:
        if occurrence.incident_id == "inc_bad":
            raise ValueError("poison")
        return await take(self, session, occurrence)

    monkeypatch.setattr(Grouping, "take", stumble)
    await announce(client, announced(1, incident_id="inc_bad"), announced(2, incident_id="inc_good", rule="other"))

    assert (await _until(client, "inc_good"))["rule"] == "other"
    assert (await client.get("/api/v1/incidents/inc_bad")).status_code == 404


async def test_every_list_takes_the_same_few_queries_however_long_it_is(client: httpx2.AsyncClient, hub: Hub) -> None:
    await announce(client, *(announced(n, incident_id=f"inc_{n}", rule=f"rule {n}") for n in range(12)))
    await _until(client, "inc_11")

    counts = []
    for limit in (1, 12):
        with counting_queries(hub.database) as counted:
            assert len((await client.get("/api/v1/incidents", params={"limit": limit})).json()["items"]) == limit
        counts.append(len(counted))

    assert counts[0] == counts[1]


def risk(event_id: str, level: str, **other: Any) -> dict[str, Any]:
    outcome = {"outcome": "reject", "decision": "REJECT", "risk_level": level, "boundary": "workspace"}
    return {"event_id": event_id, "robot_id": "ada", "occurred_at": datetime.now(UTC).isoformat(), **outcome, **other}


@given(st.sampled_from(list(IncidentState)), st.sampled_from(list(IncidentState)), st.none() | st.just("because"))
def test_a_closed_incident_only_opens_again(state: IncidentState, wanted: IncidentState, reason: str | None) -> None:
    try:
        check_step(state, wanted, reason)
    except (StepNotAllowed, ReasonNeeded):
        return
    assert wanted is not state
    assert state not in CLOSED or (wanted not in CLOSED and reason)


@given(
    st.dictionaries(st.text(max_size=5), st.none() | st.text() | st.integers() | st.dictionaries(st.text(), st.text()))
)
def test_whatever_an_event_says_it_breaks_nothing(payload: dict[str, Any]) -> None:
    for incident in ({}, {"incident_id": "inc_x", "trigger": {"fired_at_ns": 2**70, "rule": "x" * 999}}):
        found = of_recording("a_1", {**payload, **incident}, NOW)
        assert found is None or len(found.rule) <= 200
    assert of_risk("ada", {**payload, "worst_risk_level": "WORSE"}, NOW) is None


def test_an_alert_without_anything_is_still_an_occurrence() -> None:
    assert of_alert(Alert(), NOW).title == "alert"


def test_duplicates_count_in_no_figure_but_captures() -> None:
    def course(state: IncidentState, minutes: int | None) -> Course:
        ended = None if minutes is None else NOW + timedelta(minutes=minutes)
        return Course("ada", "", "stall", state, NOW, ended, ended, 2)

    courses = [course(IncidentState.RESOLVED, 10), course(IncidentState.OPEN, None), course(IncidentState.DUPLICATE, 1)]

    found = figures("total", courses)

    assert (found.incidents, found.unresolved, found.captures, found.recurrences) == (2, 1, 6, 1)
    assert (found.mtta_s, found.mttr_s) == (600.0, 600.0)


async def _until(client: httpx2.AsyncClient, incident_id: str, *, recordings: int = 0) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            answer = await client.get(f"/api/v1/incidents/{incident_id}")
            if answer.status_code == 200 and answer.json()["recording_count"] >= recordings:
                return answer.json()  # type: ignore[no-any-return]
            await asyncio.sleep(0.02)


def _following(app: FastAPI) -> Following:
    hub = app.state.hub
    return Following(hub.database, hub.events, app.state.incidents._grouping)
