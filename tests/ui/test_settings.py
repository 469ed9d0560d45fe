"""Who may come in and as what, what is told to whom, what is kept, and the proof that nothing was taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.processes import pilothouse
from tests.support.visitors import PHONE, Hub, serious_findings
from tests.ui.conftest import Visit

pytestmark = pytest.mark.timeout(300)

RECEIVER = "http://127.0.0.1:9/hook"
LINE_PX = 21
SETTINGS = {"PILOTHOUSE_NOTIFY_PLAIN_HTTP": "true", "PILOTHOUSE_NOTIFY_PRIVATE_ADDRESSES": "true"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub of its own: what is changed here would be in the way of others."""
    data = tmp_path_factory.mktemp("office") / "data"
    command = ("hub", "--host", "127.0.0.1", "--port", "0", "--data", data)
    with pilothouse(*command, env=SETTINGS) as program, closing(Hub(program.url, data)) as hub:
        yield hub


def secret(page: Page) -> str:
    """What is shown once; it is gone when the dialog is closed."""
    dialog = page.get_by_role("dialog").filter(has_text="This is shown once")
    shown = dialog.locator("pre").first.inner_text()
    dialog.get_by_role("button", name="I have it").click()
    expect(dialog).to_have_count(0)
    assert shown not in page.content()
    return shown


def _as_from(route: Route, public_url: str) -> None:
    answer = route.fetch()
    told = answer.json()
    if "link" in told:
        told["link"] = public_url + urlsplit(told["link"])._replace(scheme="", netloc="").geturl()
    route.fulfill(response=answer, json=told)


def test_a_token_of_ones_own_is_shown_once_works_and_can_be_revoked(office: Hub, visit: Visit) -> None:
    visitor = visit(at=office)
    page = visitor.page("/settings")
    page.get_by_label("What it is for").fill("my laptop")
    page.get_by_role("button", name="Make a token").click()
    token = secret(page)

    def status() -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.get(f"{office.url}/api/v1/users/me", headers=headers, timeout=60).status_code

    assert status() == 200
    row = page.get_by_role("table", name="Tokens of yours").get_by_role("row").filter(has_text="my laptop")
    row.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("dialog")).to_contain_text("signed out")
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    # A browser may have been signed in with it: all of them are signed out, this one too.
    expect(page.get_by_role("main").get_by_role("link", name="Sign in").first).to_be_visible()
    assert status() == 401
    page.close()
    visitor.complaints.clear()


def test_an_api_token_has_the_scopes_that_were_chosen_and_no_others(office: Hub, visit: Visit) -> None:
    page = visit(at=office).page("/settings/tokens?make=true")
    page.get_by_label("What it is for").fill("ci")
    page.get_by_role("checkbox", name=re.compile("sessions:write")).check()
    page.get_by_role("checkbox", name=re.compile("artifacts:read")).check()
    page.get_by_role("button", name="Make the token").click()

    assert secret(page).startswith("api_")
    row = page.get_by_role("table", name="API tokens").get_by_role("row").filter(has_text="ci")
    expect(row).to_contain_text("sessions:write")
    assert office.call("GET", "/auth/tokens")["items"][0]["scopes"] == ["sessions:write", "artifacts:read"]


def test_somebody_who_is_invited_comes_in_by_the_link_and_is_seen_among_the_members(office: Hub, visit: Visit) -> None:
    page = visit(at=office).page("/settings/members?invite=true")
    page.route("**/invites", lambda route: _as_from(route, "https://pilot.example.com"))
    page.get_by_role("button", name="Make the invite").click()
    # Others may not reach the hub where this browser does: the link is the hub's own.
    expect(page.get_by_role("dialog").get_by_text("https://pilot.example.com/settings/invite#")).to_be_visible()
    token = secret(page)

    guest = visit(None, at=office).page(f"/settings/invite#{token}")
    guest.get_by_label("What you are called").fill("Noor <b>")
    guest.get_by_role("button", name="Come in").click()
    secret(guest)
    expect(guest.get_by_role("button", name="Signed in as Noor <b>")).to_be_visible()

    row = page.get_by_role("table", name="Members").get_by_role("row").filter(has_text="Noor <b>")
    page.reload()
    expect(row).to_contain_text("by Operator")
    row.get_by_role("link", name="single boards").click()
    page.get_by_role("dialog").get_by_text("Sees all", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(row).to_contain_text("sees all")


def test_the_last_owner_stays_one_and_is_told_so_in_the_hubs_own_words(office: Hub, visit: Visit) -> None:
    visitor = visit(at=office)
    page = visitor.page("/settings/members")
    page.get_by_role("combobox", name="Role of Operator").click()
    page.get_by_role("option", name="member").click()

    expect(page.get_by_role("alert")).to_contain_text("owner")
    expect(page.get_by_role("combobox", name="Role of Operator")).to_have_value("owner")
    visitor.complaints.clear()


def test_whoever_is_no_admin_is_offered_nothing_that_would_be_refused_and_told_why(office: Hub, visit: Visit) -> None:
    page = visit(office.person("Ada"), at=office).page("/settings/audit")
    forbidden = page.get_by_role("alert").filter(has_text="Only an admin or owner of the organization may do this")
    for path in ("/settings/audit", "/settings/tokens?make=true", "/settings/notifications?edit=", "/fleet/enrol"):
        page.goto(office.url.rstrip("/") + path)
        expect(forbidden).to_be_visible()
        assert page.locator("form").count() == 0

    page.goto(office.url.rstrip("/") + "/settings/notifications")
    expect(page.get_by_role("button", name="Add a destination")).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("link", name="Audit log")).to_have_count(0)
    # The browser has nothing to complain of: the hub was not asked for what it would refuse.


def test_a_webhook_gets_a_secret_once_and_a_test_says_what_came_of_it(office: Hub, visit: Visit) -> None:
    page = visit(at=office).page("/settings/notifications?edit=")
    page.get_by_label("Name").fill("ops")
    page.get_by_label("Address").fill(RECEIVER)
    page.get_by_role("button", name="Add", exact=True).click()
    assert secret(page).startswith("whsec_")

    page.get_by_role("button", name="Test", exact=True).click()
    drawer = page.get_by_role("dialog", name="Delivery")
    expect(drawer).to_contain_text("Attempt 1")
    expect(drawer.get_by_text("dead")).to_be_visible()
    drawer.get_by_role("button", name="Close").or_(drawer.locator("button.mantine-Drawer-close")).first.click()
    expect(page.get_by_role("table", name="Deliveries")).to_contain_text("dead")
    assert serious_findings(page) == []


def test_what_was_changed_stands_in_the_log_and_its_chain_is_whole(office: Hub, visit: Visit) -> None:
    office.call("POST", "/auth/tokens", json={"name": "for the log", "scopes": []})
    page = visit(at=office).page("/settings/audit")
    page.get_by_role("table", name="Audit log").get_by_role("row").nth(1).get_by_role("link").nth(1).click()
    expect(page).to_have_url(re.compile("entry="))
    expect(page.get_by_text('"hash"')).to_be_visible()
    page.get_by_role("button", name="Verify the whole chain").click()

    expect(page.get_by_text(re.compile(r"The chain is whole: \d+ entries"))).to_be_visible()

    phone = visit(at=office, viewport=PHONE).page("/settings/audit")
    rows = phone.get_by_role("table", name="Audit log").locator("tbody tr")
    expect(rows.filter(has_text="for the log").or_(rows.first).first).to_be_visible()
    # Two lines each, however long its words are.
    heights = rows.evaluate_all("(rows) => rows.map((row) => row.offsetHeight)")
    assert max(heights) <= 2 * LINE_PX + 14


def test_storage_shows_what_a_sweep_would_delete_and_a_system_that_works_says_so(office: Hub, visit: Visit) -> None:
    page = visit(at=office).page("/settings/storage")
    expect(page.get_by_text("There is no cap")).to_be_visible()
    expect(page.get_by_text("Nothing would leave")).to_be_visible()
    page.get_by_role("button", name="Look at the directory again").click()
    expect(page.get_by_text(re.compile("0 recordings are known"))).to_be_visible()

    page.get_by_role("navigation", name="Parts of the settings").get_by_role("link", name="System").click()
    expect(page.get_by_text("Everything it needs answers.")).to_be_visible()
    expect(page.get_by_role("table", name="This hub")).to_contain_text("sqlite")


def test_a_list_goes_on_as_far_as_its_address_says(office: Hub, visit: Visit) -> None:
    for number in range(51):
        office.call("POST", "/api/v1/users/me/tokens", json={"name": f"laptop {number}"})
    visitor = visit(at=office)
    page = visitor.page("/settings")
    rows = page.get_by_role("table", name="Tokens of yours").get_by_role("row")
    expect(rows).to_have_count(51)
    page.get_by_role("button", name="Show more").click()
    expect(rows.filter(has_text="laptop 0")).to_be_visible()

    again = visitor.page(urlsplit(page.url)._replace(scheme="", netloc="").geturl())
    expect(again.get_by_role("row").filter(has_text="laptop 0")).to_be_visible()
