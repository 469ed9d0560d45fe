"""Robots by their health, the page of one, and letting one in."""

from __future__ import annotations

import re
import secrets
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.processes import PILOTHOUSE
from tests.support.visitors import PHONE, Hub, serious_findings
from tests.ui.conftest import Visit

pytestmark = pytest.mark.timeout(300)

HOSTILE = '<img src=x onerror="document.title=1">'


def beat(hub: Hub, robot_id: str, **more: Any) -> None:
    hub.call("POST", "/api/v1/agents/heartbeat", json={"robot_id": robot_id, "interval_s": 3600, **more})


def test_forty_robots_are_grouped_by_health_and_those_in_trouble_come_first(hub: Hub, visit: Visit) -> None:
    quiet = {"message_count": 9, "rate_hz": 10.0, "last_age_s": 90.0}
    for number in range(40):
        beat(hub, f"amr-{number:02}", topics={"/scan": {**quiet, "last_age_s": 0.1}}, disk_free_bytes=120_000_000_000)
    beat(hub, "amr-07", topics={"/scan": quiet}, outbox_depth=4, disk_free_bytes=1_000_000_000)
    hub.call("PATCH", "/api/v1/robots/amr-08", json={"name": HOSTILE, "site": "hall 2", "tags": [HOSTILE]})

    page = visit().page("/fleet")

    healthy = page.get_by_role("region", name="Healthy")
    expect(healthy.get_by_role("article", name="amr-39")).to_be_visible()
    trouble = page.get_by_role("article", name="amr-07")
    expect(trouble).to_contain_text("1 of 1 quiet")
    expect(trouble).to_contain_text("4 waiting")
    expect(page.get_by_role("article", name=HOSTILE)).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    assert serious_findings(page) == []

    page.get_by_label("Find a robot").fill("hall 2")
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=hall"))


def test_a_fleet_is_counted_by_the_hub_and_shown_page_by_page(hub: Hub, visit: Visit) -> None:
    for number in range(105):
        beat(hub, f"swarm-{number:03}")
    event = {
        "event_id": f"evt-{secrets.token_hex(4)}", "robot_id": "swarm-104", "outcome": "reject", "decision": "REJECT",
        "occurred_at": datetime.now(UTC).isoformat(), "risk_level": "CRITICAL",
    }  # fmt: skip
    hub.call("POST", "/api/v1/risk-events", json={"events": [event]})

    page = visit().page("/fleet?q=swarm-")

    chosen = page.get_by_role("navigation", name="Robots by health").get_by_role("link", name="105 healthy")
    expect(chosen).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(100)
    page.get_by_role("navigation", name="Pages of this list").get_by_role("link", name="Next").click()
    expect(page.get_by_role("article")).to_have_count(5)
    expect(page.get_by_role("region", name="Healthy")).to_contain_text("105")
    expect(page.get_by_role("article", name="swarm-104")).to_contain_text("critical")
    chosen.click()
    expect(page).to_have_url(re.compile("health=healthy"))
    expect(page.get_by_role("article")).to_have_count(100)


def test_a_code_is_made_used_by_a_robot_and_the_page_sees_it_come(hub: Hub, visit: Visit, tmp_path: Path) -> None:
    page = visit().page("/fleet/enrol")
    page.get_by_label("Robot", exact=True).fill("newcomer-1")
    page.get_by_label("Site").fill("hall 9")
    page.get_by_role("button", name="Make a code").click()
    command = page.locator("pre").filter(has_text="pilothouse robot enroll").inner_text()
    waiting = page.get_by_text("Waiting for the robot")
    expect(waiting).to_be_visible()
    expect(page.get_by_role("region", name="Codes that wait")).to_contain_text("newcomer-1")
    assert serious_findings(page) == []

    words = command.split()[1:]
    done = subprocess.run(
        [PILOTHOUSE, *words, "--data", tmp_path], cwd=tmp_path, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr

    expect(page.get_by_text("newcomer-1 is in")).to_be_visible()
    page.get_by_role("link", name="Show newcomer-1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("newcomer-1")
    expect(page.get_by_role("link", name="hall 9")).to_be_visible()


def test_a_code_that_is_revoked_is_listed_no_more(hub: Hub, visit: Visit) -> None:
    hub.call("POST", "/api/v1/robots/enrolments", json={"robot_id": "never-1"})
    page = visit().page("/fleet/enrol")
    row = page.get_by_role("row").filter(has_text="never-1")
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()

    expect(row).to_be_hidden()


def test_a_robot_is_renamed_gets_another_token_and_is_retired(hub: Hub, visit: Visit) -> None:
    beat(hub, "veteran-1", topics={"/odom": {"message_count": 4, "rate_hz": 20.0, "last_age_s": 0.0}})
    page = visit().page("/robots/veteran-1")
    expect(page.get_by_role("table", name="Topics")).to_contain_text("/odom")

    page.get_by_role("link", name="Change").click()
    page.get_by_label("Name").fill("Veteran")
    page.get_by_label("Site").fill("yard")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Veteran")

    page.get_by_role("button", name="Make a new one").click()
    secret = page.get_by_role("alert").filter(has_text="shown this once").locator("pre").inner_text()
    assert re.fullmatch(r"\S+\.\S+", secret)
    tokens = page.get_by_role("table", name="Tokens of this robot")
    tokens.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(tokens).to_contain_text("revoked")
    assert serious_findings(page) == []

    page.get_by_role("button", name="Retire it").click()
    page.get_by_role("dialog").get_by_role("button", name="Retire it").click()
    expect(page.get_by_text("retired", exact=True)).to_be_visible()
    page.goto(page.url.replace("/robots/veteran-1", "/fleet"))
    expect(page.get_by_role("region", name="Healthy")).to_be_visible()
    expect(page.get_by_role("article", name="Veteran")).to_be_hidden()
    page.get_by_role("navigation", name="Robots by health").get_by_role("link", name="retired").click()
    expect(page.get_by_role("article", name="Veteran")).to_be_visible()


def test_who_may_not_let_robots_in_is_told_so_and_sees_the_fleet(hub: Hub, visit: Visit) -> None:
    nobody = visit(None)
    page = nobody.page("/fleet/enrol")

    expect(page.get_by_role("alert").filter(has_text="Sign in to change anything here")).to_be_visible()
    nobody.complaints.clear()


def test_a_robot_that_nobody_knows_is_not_found_and_can_be_stopped_all_the_same(visit: Visit) -> None:
    visitor = visit(viewport=PHONE)
    page = visitor.page("/robots/no-such-robot/live")

    expect(page.get_by_text("Not found")).to_be_visible()
    expect(page.get_by_role("button", name="E-STOP")).to_be_in_viewport(ratio=1)
    # The page goes on asking for what may come to be.
    page.close()
    visitor.complaints.clear()
