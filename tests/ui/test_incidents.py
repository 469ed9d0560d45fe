"""Incidents: finding them, what belongs to one, and deciding about it."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.processes import eventually
from tests.support.reporting import as_agent, panel, reported
from tests.support.visitors import Hub, Visitor
from tests.ui.conftest import Demo, Visit

pytestmark = pytest.mark.timeout(300)


def test_the_incident_of_the_flight_shows_what_fired_and_what_was_recorded(demo: Demo, visit: Visit) -> None:
    page = visit().page(f"/incidents/{demo.incident_id}")

    expect(page.get_by_role("heading", level=1)).to_contain_text("drone")
    expect(page.get_by_text(re.compile(r"opened .*\d\d:\d\d:\d\d [A-Z]{3}\S* · "))).to_be_visible()
    expect(panel(page, "What fired").get_by_role("img", name=re.compile("the rule fires at >"))).to_be_visible()
    expect(panel(page, "What fired")).to_contain_text("/speed.data")
    expect(panel(page, "Around the trigger").get_by_test_id("moment-preview")).to_be_visible()
    expect(panel(page, "Timeline")).to_contain_text("/speed.data was")
    panel(page, "Around the trigger").get_by_role("link", name="Open the recording here").click()
    expect(page).to_have_url(re.compile(r"/recordings/\S+[?&]t="))


def test_the_list_is_narrowed_by_its_address_and_left_by_the_keyboard(hub: Hub, visit: Visit) -> None:
    word = secrets.token_hex(4)
    first, second = (reported(hub, f"{word} {which}", "critical") for which in ("first", "second"))
    reported(hub, f"{word} third", "low")
    page = visit().page("/incidents")

    page.get_by_label("Words in the title").fill(word)
    page.get_by_role("group", name="Severities").get_by_text("critical").click()
    rows = page.get_by_role("main").locator("a[data-row]")
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile(f"q={word}"))
    expect(page).to_have_url(re.compile("severity=.*critical"))
    page.reload()
    expect(rows).to_have_count(2)
    page.get_by_label("Opened until this day").fill("2020-01-01")
    expect(page.get_by_text("No incident is like this")).to_be_visible()
    page.get_by_label("Opened until this day").fill("")
    page.get_by_role("radiogroup", name="Order").get_by_text("Worst first").click()
    expect(rows.first).to_contain_text(f"{word} first")
    page.get_by_role("radiogroup", name="Order").get_by_text("Latest first").click()
    expect(rows.first).to_contain_text(f"{word} second")

    page.locator("body").press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/incidents/{second}"))
    expect(page.get_by_role("button", name="The next one")).to_be_enabled()
    page.locator("body").press("j")
    expect(page).to_have_url(re.compile(f"/incidents/{first}"))
    page.locator("body").press("u")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Show all").click()
    expect(page).to_have_url(re.compile(r"/incidents$"))


def test_a_person_judges_it_and_links_a_ticket_that_is_one(hub: Hub, visit: Visit) -> None:
    incident = reported(hub, "The arm hit its table")
    page = visit().page(f"/incidents/{incident}")

    page.get_by_role("button", name="I look into it").click()
    expect(page.get_by_role("button", name="Resolve")).to_be_visible()
    judgement = panel(page, "Judgement")
    judgement.get_by_label("Root cause").fill("The table was moved by 4 cm.")
    judgement.get_by_role("button", name="Save").click()
    expect(judgement.get_by_role("button", name="Save")).to_have_count(0)
    judgement.get_by_label("Ticket").fill("javascript:alert(1)")
    expect(judgement.get_by_role("button", name="Save")).to_be_disabled()
    judgement.get_by_label("Ticket").fill("https://tickets.example/7")
    judgement.get_by_role("button", name="Save").click()
    link = judgement.get_by_role("link", name="Open tickets.example")
    expect(link).to_have_attribute("rel", "noreferrer noopener")

    shown = hub.call("GET", f"/api/v1/incidents/{incident}")
    assert (shown["state"], shown["root_cause"]) == ("investigating", "The table was moved by 4 cm.")
    assert shown["ticket_url"] == "https://tickets.example/7"
    expect(panel(page, "Timeline")).to_contain_text("state: open → investigating")


def test_the_keyboard_alone_leads_from_open_to_resolved_with_cause_and_ticket(hub: Hub, visit: Visit) -> None:
    incident = reported(hub, "It stopped at the ramp")
    page = visit().page(f"/incidents/{incident}")
    expect(page.get_by_role("button", name="I look into it")).to_be_visible()

    page.locator("body").press("e")
    expect(page.get_by_role("button", name="Resolve")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.type("The ramp was wet.")
    page.keyboard.press("Control+Enter")
    expect(panel(page, "Timeline")).to_contain_text("root cause: none → The ramp was wet.")
    page.keyboard.press("t")
    page.keyboard.type("https://tickets.example/8")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Open tickets.example")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Resolve")).to_have_count(0)

    shown = hub.call("GET", f"/api/v1/incidents/{incident}")
    assert (shown["state"], shown["root_cause"]) == ("resolved", "The ramp was wet.")
    assert shown["ticket_url"] == "https://tickets.example/8"


def test_several_are_chosen_by_keys_and_judged_at_once(hub: Hub, visit: Visit) -> None:
    word = secrets.token_hex(4)
    incidents = [reported(hub, f"{word} {which}") for which in ("first", "second", "third")]
    page = visit().page(f"/incidents?q={word}")
    expect(page.get_by_role("main").locator("a[data-row]")).to_have_count(3)

    page.locator("body").press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("region", name="The chosen incidents")).to_contain_text("2 incidents chosen")
    page.reload()
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Judge them").click()
    expect(dialog).to_be_visible()
    page.go_back()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Judge them").click()
    dialog.get_by_role("combobox", name="State").click()
    page.get_by_role("option", name="wont fix").click()
    dialog.get_by_label("Why").fill("The rule was too strict.")
    dialog.get_by_role("button", name="Judge them so").click()

    expect(dialog).to_contain_text("2 done")
    states = [hub.call("GET", f"/api/v1/incidents/{one}")["state"] for one in incidents]
    assert states == ["open", "wont_fix", "wont_fix"]


def test_a_repetition_leads_to_its_original(hub: Hub, visit: Visit) -> None:
    original, again = reported(hub, "It fell over"), reported(hub, "It fell over once more")
    page = visit().page(f"/incidents/{again}")
    judgement = panel(page, "Judgement")

    judgement.get_by_role("combobox", name="State").click()
    page.get_by_role("option", name="duplicate").click()
    judgement.get_by_label("Which incident it repeats").fill(f"{hub.url}/incidents/{original}?live=true")
    judgement.get_by_label("Why").fill("The same slope.")
    judgement.get_by_role("button", name="Make it duplicate").click()

    judgement.get_by_role("link", name=original).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("It fell over")


def held_back(visitor: Visitor, page: Page, incident: str) -> None:
    """This browser is told nothing newer of an incident until it has tried to change it."""
    old = page.evaluate("(path) => fetch(path).then((answer) => answer.text())", f"/api/v1/incidents/{incident}")
    tried: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method == "PATCH":
            tried.append(route.request.method)
        if tried:
            route.continue_()
        else:
            route.fulfill(body=old, content_type="application/json")

    visitor.context.route(f"**/api/v1/incidents/{incident}", answer)


def test_whoever_was_slower_is_shown_what_the_faster_one_did(hub: Hub, visit: Visit) -> None:
    incident = reported(hub, "Two people look at it")
    visitor = visit()
    page = visitor.page(f"/incidents/{incident}")
    expect(page.get_by_role("button", name="I look into it")).to_be_visible()
    held_back(visitor, page, incident)
    hub.call("PATCH", f"/api/v1/incidents/{incident}", json={"severity": "critical", "root_cause": "a loose cable"})

    judgement = panel(page, "Judgement")
    judgement.get_by_role("combobox", name="Severity").click()
    page.get_by_role("option", name="low").click()

    notice = judgement.get_by_role("alert")
    expect(notice).to_contain_text("Somebody else was faster")
    expect(notice).to_contain_text("severity: high → critical")
    expect(notice).to_contain_text("root cause: none → a loose cable")
    notice.get_by_role("button", name="Change it all the same").click()
    expect(notice).to_have_count(0)
    expect(judgement.get_by_role("combobox", name="Severity")).to_have_value("low")
    assert hub.call("GET", f"/api/v1/incidents/{incident}")["severity"] == "low"
    visitor.complaints[:] = [one for one in visitor.complaints if "409" not in one]


def test_what_agents_say_and_ask_is_there_while_one_looks(hub: Hub, visit: Visit) -> None:
    # The demo's board takes every incident.
    incident = reported(hub, "It turned in circles")

    def on_board() -> dict[str, Any] | None:
        entries = hub.call("GET", f"/api/v1/incidents/{incident}/timeline")["items"]
        return next((one for one in entries if one["kind"] == "task"), None)

    place = eventually(on_board, what="its task")
    board, task = place["facts"]["board_id"], place["subject"]
    page = visit().page(f"/incidents/{incident}")
    work = panel(page, "Work")
    expect(work).to_contain_text("nobody has taken it")

    agent = hub.call("POST", "/api/v1/agents", json={"name": "Tessa", "board_id": board, "role": "lead"})
    for path, body in (
        (f"tasks/{task}/comments", {"body": "One encoder counts backwards."}),
        ("approvals", {"action_type": "task.done", "reason": "Swap it", "confidence": 91, "task_ids": [task]}),
    ):
        as_agent(hub, f"/api/v1/agent/boards/{board}/{path}", body, agent["token"])

    expect(work).to_contain_text("One encoder counts backwards.")
    expect(work).to_contain_text("91 % sure")
    expect(panel(page, "Timeline")).to_contain_text("Asks to be allowed task.done")


def test_a_risk_event_says_what_was_asked_for_and_what_was_sent(hub: Hub, visit: Visit) -> None:
    incident = reported(hub, "It left its box")
    at = datetime.now(UTC) - timedelta(days=2)
    event = {
        "event_id": f"evt-{secrets.token_hex(4)}", "robot_id": "ada", "occurred_at": at.isoformat(),
        "outcome": "clamp", "decision": "CLAMP", "risk_level": "ELEVATED", "incident_id": incident,
        "boundary": "workspace", "layer": "L1", "reason": "left its box by 0.12 m", "requested": [0.5, 1.25],
        "executed": [0.5, 1.0],
    }  # fmt: skip
    hub.call("POST", "/api/v1/risk-events", json={"events": [event]})
    page = visit().page(f"/incidents/{incident}")
    risks = panel(page, "Risk events")

    expect(risks).to_contain_text("left its box by 0.12 m")
    risks.get_by_role("button", name="Details").click()
    expect(page).to_have_url(re.compile("event="))
    expect(risks.get_by_role("row", name=re.compile("^Requested"))).to_contain_text("1.25")
    expect(risks.get_by_title("changed by the guard")).to_have_text("1")


def test_a_note_is_written_from_the_keyboard(hub: Hub, visit: Visit) -> None:
    incident = reported(hub, "Nobody knows why")
    page = visit().page(f"/incidents/{incident}")
    expect(panel(page, "Timeline")).to_contain_text("Opened")

    page.locator("body").press("n")
    page.keyboard.type("The floor was wet.")
    page.keyboard.press("Control+Enter")

    expect(panel(page, "Timeline").get_by_role("listitem").filter(has_text="The floor was wet.")).to_be_visible()


def test_an_incident_that_is_not_there_says_so(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page("/incidents/inc_none")

    expect(page.get_by_role("alert")).to_contain_text("unknown_incident")
    visitor.complaints[:] = [one for one in visitor.complaints if "404" not in one]


def test_a_person_reports_what_they_saw(visit: Visit) -> None:
    page = visit().page("/incidents?report=true")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What happened").fill("Smoke from rack 4")
    dialog.get_by_label("What you saw").fill("Grey, for a minute.")
    dialog.get_by_role("button", name="Report").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Smoke from rack 4")
    expect(panel(page, "Timeline")).to_contain_text("Grey, for a minute.")
