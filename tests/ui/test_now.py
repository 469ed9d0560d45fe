"""What happens now: what is urgent, who waits for whom, and a hub on its first day."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.support.processes import pilothouse
from tests.support.reporting import as_agent, panel, reported
from tests.support.visitors import Hub
from tests.ui.conftest import Visit

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def new_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    data = tmp_path_factory.mktemp("hub")
    with (
        pilothouse("hub", "--data", data, "--host", "127.0.0.1", "--port", "0") as program,
        closing(Hub(program.url, data)) as hub,
    ):
        yield hub


def test_on_the_first_day_the_steps_are_ticked_as_they_happen(new_hub: Hub, visit: Visit) -> None:
    page = visit(at=new_hub).page("/")
    steps = panel(page, "First steps")
    expect(steps.get_by_text("pilothouse demo", exact=True)).to_be_visible()
    expect(steps.get_by_role("img", name="Done")).to_have_count(0)

    new_hub.call("POST", "/api/v1/agents/heartbeat", json={"robot_id": "ada", "interval_s": 3600})
    expect(steps.get_by_role("img", name="Done")).to_have_count(1)
    new_hub.call("POST", "/api/v1/boards", json={"name": "Corridor"})
    expect(steps.get_by_role("img", name="Done")).to_have_count(2)
    expect(panel(page, "Open incidents")).to_contain_text("None")


def test_an_incident_that_no_rule_takes_is_put_on_a_board(new_hub: Hub, visit: Visit) -> None:
    board = f"Line {secrets.token_hex(3)}"
    new_hub.call("POST", "/api/v1/boards", json={"name": board})
    incident = reported(new_hub, "A wheel came off")
    page = visit(at=new_hub).page(f"/incidents/{incident}")
    work = panel(page, "Work")

    work.get_by_role("combobox", name="Board").click()
    page.get_by_role("option", name=board).click()
    work.get_by_role("button", name="Put on the board").click()

    expect(work).to_contain_text("nobody has taken it")
    expect(panel(page, "Timeline")).to_contain_text("On a board")


def test_the_worst_comes_first_and_its_number_leads_to_its_list(hub: Hub, visit: Visit) -> None:
    worst = reported(hub, f"It burns {secrets.token_hex(4)}", "critical")
    reported(hub, "It squeaks", "low")
    page = visit().page("/")

    rows = panel(page, "Open incidents").locator("tbody tr")
    expect(rows.first).to_contain_text("critical")
    figures = page.get_by_role("region", name="Incidents that are not closed, by severity")
    figures.get_by_role("link", name="critical").click()
    expect(page.locator(f"a[href*='{worst}']")).to_be_visible()
    expect(page.get_by_role("cell", name="low", exact=True)).to_have_count(0)


def test_a_guard_that_refuses_and_a_robot_that_falls_silent_are_seen_while_one_looks(hub: Hub, visit: Visit) -> None:
    page = visit().page("/")
    expect(page.get_by_role("region", name="Robots not heard of")).to_be_visible()
    event = {
        "event_id": f"evt-{secrets.token_hex(4)}", "robot_id": "bela", "occurred_at": datetime.now(UTC).isoformat(),
        "outcome": "reject", "decision": "REJECT", "risk_level": "ELEVATED", "boundary": "speed", "reason": "too fast",
    }  # fmt: skip

    hub.call("POST", "/api/v1/risk-events", json={"events": [event]})
    hub.call("POST", "/api/v1/agents/heartbeat", json={"robot_id": "bela", "interval_s": 0.1})

    expect(panel(page, "Guards refusing").get_by_role("link", name="bela")).to_be_visible()
    expect(panel(page, "Guards refusing")).to_contain_text("1 refusal in 10 min by speed")
    expect(panel(page, "Robots not heard of").get_by_role("link", name="bela")).to_be_visible()


def test_an_approval_waits_until_somebody_has_decided(hub: Hub, visit: Visit) -> None:
    noor = hub.person("Noor")
    board = hub.call("POST", "/api/v1/boards", json={"name": f"Dock {secrets.token_hex(3)}"})["id"]
    agent = hub.call("POST", "/api/v1/agents", json={"name": "Otto", "board_id": board, "role": "lead"})
    reason = f"Drive on {secrets.token_hex(4)}"
    page = visit(noor).page("/")
    waiting = panel(page, "Waiting for your approval")
    expect(waiting).to_be_visible()

    wanted = {"action_type": "robot.move", "reason": reason, "confidence": 71}
    as_agent(hub, f"/api/v1/agent/boards/{board}/approvals", wanted, agent["token"])
    expect(waiting).to_contain_text(reason)
    expect(waiting).to_contain_text("Otto asks for robot.move, 71 % sure")

    approval = hub.call("GET", f"/api/v1/boards/{board}/approvals")["items"][0]["id"]
    hub.call("PATCH", f"/api/v1/boards/{board}/approvals/{approval}", json={"status": "approved"})
    expect(waiting).not_to_contain_text(reason)


def test_a_delivery_that_failed_can_be_sent_again(hub: Hub, visit: Visit) -> None:
    # Nobody is found under a name that ends in .invalid.
    destination = {"kind": "webhook", "name": "Pager", "url": "https://pager.invalid/hook"}
    made = hub.call("POST", "/api/v1/notifications/destinations", json=destination)
    hub.call("POST", f"/api/v1/notifications/destinations/{made['id']}/test")
    page = visit().page("/")
    failed = panel(page, "Failed deliveries")

    failed.get_by_role("button", name="Send again").first.click()

    expect(page.get_by_text("It is sent again.")).to_be_visible()
    hub.call("DELETE", f"/api/v1/notifications/destinations/{made['id']}")


def test_what_a_boards_subscription_gave_up_is_seen_and_leads_to_its_log(hub: Hub, visit: Visit) -> None:
    name = f"Dock {secrets.token_hex(3)}"
    board = f"/api/v1/boards/{hub.call('POST', '/api/v1/boards', json={'name': name})['id']}"
    chat = f"Chat {secrets.token_hex(3)}"
    wanted = {"name": chat, "url": "https://chat.invalid/hook"}
    made = hub.call("POST", f"{board}/subscriptions", json=wanted)
    page = visit().page("/")
    hub.call("POST", f"{board}/subscriptions/{made['id']}/test")

    failed = panel(page, "Failed deliveries")
    expect(failed).to_contain_text(f"1 event of {name} given up")
    failed.get_by_role("link", name=chat).click()
    expect(page.get_by_role("table", name="What was posted")).to_contain_text("dead")
    hub.call("DELETE", f"{board}/subscriptions/{made['id']}")
