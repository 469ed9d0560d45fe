"""Incidents become tasks once, boards have a say, and agents see their evidence and nothing beyond."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pilothouse.hub.incidents.domain.states import Severity
from pilothouse.hub.triage.domain import Facts, Rule
from tests.support.boards import Office
from tests.support.flights import write_flight
from tests.support.people import organization

pytestmark = pytest.mark.anyio

RULES = "/boards/{board}/incident-rules"
ON_BOARD = "/boards/{board}/incidents"
QUESTIONS = ["", "/fields", "/messages?topic=/speed", "/series?fields=/speed.data", "/cut"]
EVIDENCE, BEYOND = "arm_20260101T000000Z", "bob_20260101T000000Z"


async def incident(office: Office, title: str = "Arm hit the door", **facts: Any) -> str:
    return str((await office.made("/incidents", title=title, **facts))["id"])


async def brought(office: Office, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while True:
            found = await office.got(ON_BOARD)
            if found["total"] >= count:
                return list(found["items"])
            await asyncio.sleep(0.02)


async def recordings(office: Office) -> None:
    for session_id in (EVIDENCE, BEYOND):
        write_flight(office.guarded.hub.settings.data / "sessions" / f"{session_id}.mcap", seconds=2)
    assert (await office.guarded.operator.post("/api/admin/rescan")).status_code == 200


async def test_an_incident_that_a_rule_wants_is_one_task_with_links_both_ways(office: Office) -> None:
    await office.made(RULES, name="bad ones", min_severity="high")
    await office.made(RULES, name="all of arm", robot_ids=["arm"])
    mild = await incident(office, "mild", severity="low", robot_id="bob")
    bad = await incident(office, "bad", severity="critical", robot_id="arm")

    await office.ask("PATCH", f"/incidents/{bad}", json={"root_cause": "the belt"})
    found = await brought(office, 1)
    task = await office.got(f"/boards/{{board}}/tasks/{found[0]['task_id']}")
    timeline = (await office.got(f"/incidents/{bad}/timeline"))["items"]
    await office.ask("PATCH", f"/incidents/{mild}", json={"severity": "high"})
    later = await brought(office, 2)

    assert [one["incident_id"] for one in found] == [bad]
    assert (task["incident_id"], task["title"], task["priority"]) == (bad, "bad", "urgent")
    assert [(one["kind"], one["subject"]) for one in timeline if one["kind"] == "task"] == [("task", task["id"])]
    assert {one["incident_id"] for one in later} == {bad, mild}, "one that became worse is wanted too"
    assert (await office.got("/boards/{board}/tasks"))["total"] == 2


async def test_the_same_events_twice_make_the_same_tasks_once(office: Office) -> None:
    await office.made(RULES, name="all")
    await incident(office)
    await brought(office, 1)
    following = office.app.state.triage.following
    events = await office.guarded.hub.events.since("hub", 0)

    await following.take(events)
    await asyncio.gather(*(following.take(events) for _ in range(5)))

    assert (await office.got("/boards/{board}/tasks"))["total"] == 1


async def test_a_person_brings_an_incident_to_a_board_once(office: Office) -> None:
    incident_id = await incident(office)

    first = await office.made(ON_BOARD, incident_id=incident_id)
    second = await office.made(ON_BOARD, incident_id=incident_id)

    assert first == second
    assert await office.refused("POST", ON_BOARD, json={"incident_id": "nothing"}) == (404, "unknown_incident")


async def test_an_agent_reads_its_evidence_and_nothing_beyond(office: Office) -> None:
    await recordings(office)
    evidence = await incident(office, robot_id="arm", session_ids=[EVIDENCE])
    beyond = await incident(office, robot_id="bob", session_ids=[BEYOND])
    agent = await office.agent()
    session, other = f"/api/sessions/{EVIDENCE}", f"/api/sessions/{BEYOND}"

    async def status(path: str) -> int:
        return (await office.guarded.call(None, "GET", path, headers=agent.headers)).status_code

    before = [await status(f"/api/v1/incidents/{evidence}"), *[await status(session + q) for q in QUESTIONS]]
    brought_in = await office.made(ON_BOARD, incident_id=evidence)
    during = [await status(f"/api/v1/incidents/{evidence}"), await status(f"/api/v1/incidents/{evidence}/timeline"),
              *[await status(session + q) for q in QUESTIONS]]  # fmt: skip
    hidden = [await status(f"/api/v1/incidents/{beyond}"), await status(f"/api/v1/incidents/{beyond}/timeline"),
              *[await status(other + q) for q in QUESTIONS], await status(f"{session}/cut?following={BEYOND}"),
              await status("/api/sessions/nothing"), await status("/api/v1/incidents/nothing")]  # fmt: skip
    fleet = [await status(path) for path in ("/api/sessions", "/api/v1/incidents", "/api/v1/robots", f"{session}/mcap",
                                             "/api/v1/incidents/statistics", "/api/v1/events",
                                             f"{session}/annotations")]  # fmt: skip
    written = [
        (await office.ask("PATCH", f"/incidents/{evidence}", agent, json={"state": "resolved"})).status_code,
        (await office.ask("POST", f"/incidents/{evidence}/notes", agent, json={"body": "x"})).status_code,
    ]
    await office.ask("DELETE", f"/boards/{{board}}/tasks/{brought_in['task_id']}")
    after = [await status(f"/api/v1/incidents/{evidence}"), *[await status(session + q) for q in QUESTIONS]]

    assert set(before) == {404}
    assert set(during) == {200}
    assert set(hidden) == {404}
    assert set(fleet) <= {403, 404}
    assert set(written) == {403}
    assert set(after) == {404}, "nothing is read for a task that is gone"


async def test_an_agent_cannot_open_evidence_to_itself(office: Office) -> None:
    incident_id = await incident(office)
    lead = await office.agent("Lead", role="lead")
    task = await office.task()

    made = await office.ask("POST", "/boards/{board}/tasks", lead, json={"title": "x", "incident_id": incident_id})
    await office.ask("PATCH", f"/boards/{{board}}/tasks/{task}", lead, json={"incident_id": incident_id})
    rule = await office.refused("POST", RULES, lead, json={"name": "all"})
    brought_in = await office.refused("POST", ON_BOARD, lead, json={"incident_id": incident_id})
    program = await office.guarded.token("boards:write")
    by_program = await office.refused("POST", RULES, program, json={"name": "all"})

    assert made.status_code in (201, 403, 422)
    assert rule == brought_in == by_program == (403, "people_only")
    assert (await office.ask("GET", f"/incidents/{incident_id}", lead)).status_code == 404


async def test_another_boards_agent_and_another_organization_see_nothing(office: Office) -> None:
    incident_id = await incident(office)
    rule = await office.made(RULES, name="all")
    await office.made(ON_BOARD, incident_id=incident_id)
    board = office.board
    await office.open_board("Another")
    agent = await office.agent()
    office.board = board
    stranger = await organization(office.guarded)

    for by in (agent, stranger.token):
        for method, path in (("GET", RULES), ("POST", RULES), ("GET", f"{RULES}/{rule['id']}"), ("GET", ON_BOARD),
                             ("POST", ON_BOARD), ("GET", f"/incidents/{incident_id}")):  # fmt: skip
            body = {"name": "x", "incident_id": incident_id}
            assert (await office.ask(method, path, by, json=body)).status_code == 404, (method, path)
    theirs = await office.guarded.call(stranger.token, "POST", "/api/v1/boards", json={"name": "Theirs"})
    path = f"/api/v1/boards/{theirs.json()['id']}/incident-rules"
    assert (await office.guarded.call(stranger.token, "POST", path, json={"name": "all"})).status_code == 404


async def test_a_board_that_wants_its_task_approved_holds_an_incident_open(office: Office) -> None:
    await office.changed("/boards/{board}", require_approval_to_resolve_incidents=True)
    incident_id = await incident(office)
    await office.made(ON_BOARD, incident_id=incident_id)

    for body in ({"state": "resolved"}, {"state": "wont_fix", "reason": "x"}):
        refused = await office.refused("PATCH", f"/incidents/{incident_id}", json=body)
        assert refused == (409, "incident_not_approved")
    await office.changed("/boards/{board}", require_approval_to_resolve_incidents=False)
    assert (await office.changed(f"/incidents/{incident_id}", state="resolved"))["state"] == "resolved"


async def test_rules_are_changed_by_version_and_deleted(office: Office) -> None:
    rule = await office.made(RULES, name="all", min_severity="low")
    path = f"{RULES}/{rule['id']}"

    changed = await office.changed(path, min_severity=None, enabled=False, version=1)
    late = await office.refused("PATCH", path, json={"name": "x", "version": 1})
    nothing = await office.refused("PATCH", path, json={"version": 2})

    assert (changed["min_severity"], changed["enabled"], changed["version"]) == (None, False, 2)
    assert late == (409, "rule_changed")
    assert nothing == (422, "nothing_to_change")
    assert (await office.ask("DELETE", path)).status_code == 204
    assert await office.refused("GET", path) == (404, "unknown_rule")


def test_a_rule_wants_what_fits_all_of_it() -> None:
    facts = Facts(Severity.HIGH, "arm", "corridor", "/speed > 2")

    assert Rule().wants(facts)
    assert Rule(Severity.HIGH, frozenset({"arm"}), frozenset({"corridor"}), frozenset({"/speed > 2"})).wants(facts)
    assert not Rule(Severity.CRITICAL).wants(facts)
    assert not Rule(robot_ids=frozenset({"bob"})).wants(facts)
    assert not Rule(labels=frozenset({"dock"})).wants(facts)
    assert not Rule(incident_rules=frozenset({"/speed > 3"})).wants(facts)
