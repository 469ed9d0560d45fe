"""Coming in, finding one's way, and what holds for every page."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.support.visitors import Hub, tab_to
from tests.ui.conftest import Demo, Visit

pytestmark = pytest.mark.timeout(300)


def test_the_link_of_the_demo_signs_in_once_and_opens_on_the_incident_of_its_flight(demo: Demo, visit: Visit) -> None:
    mara = visit(None)
    page = mara.page(urlsplit(demo.link)._replace(scheme="", netloc="").geturl())

    expect(page).to_have_url(re.compile(f"/incidents/{demo.incident_id}"))
    assert "code" not in page.url
    expect(page.get_by_role("button", name=re.compile("Signed in as"))).to_be_visible()

    second = visit(None)
    refused = second.page(urlsplit(demo.link)._replace(scheme="", netloc="").geturl())
    expect(refused.get_by_role("alert")).to_contain_text("used before")
    second.complaints.clear()


def test_a_token_signs_in_and_leads_back_to_where_one_wanted_to_go(hub: Hub, visit: Visit) -> None:
    noor = hub.person("Noor")
    browser = visit(None)
    page = browser.page("/login?next=%2Frecordings%3Fq%3Ddrone")
    page.get_by_label("Token", exact=True).fill(noor.token)
    page.get_by_role("button", name="Sign in").click()

    expect(page).to_have_url(re.compile(r"/recordings\?q=drone"))
    page.get_by_role("button", name="Signed in as Noor").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Pilothouse")).to_be_visible()


def test_a_wrong_token_is_refused_in_words(visit: Visit) -> None:
    browser = visit(None)
    page = browser.page("/login")
    page.get_by_label("Token", exact=True).fill("user_nobody.nothing")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("not known")
    browser.complaints.clear()


def test_the_menu_leads_everywhere_and_a_wrong_address_says_so(visit: Visit) -> None:
    page = visit().page("/")
    for place in ("Incidents", "Recordings", "Fleet", "Boards", "Lab", "Settings", "Now"):
        page.get_by_role("navigation", name="Places").get_by_role("link", name=place, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(f"{page.url.rstrip('/')}/incidents/none/of/these")
    expect(page.get_by_text("There is no such page")).to_be_visible()


def test_a_lost_network_is_said_and_what_happened_meanwhile_is_there_when_it_is_back(hub: Hub, visit: Visit) -> None:
    visitor = visit()
    page = visitor.page("/incidents")
    notice = page.get_by_role("status").filter(has_text="This browser is offline")
    expect(notice).to_have_count(0)
    visitor.context.set_offline(offline=True)
    expect(notice).to_be_visible()
    hub.call("POST", "/api/v1/incidents", json={"title": "Happened while nobody could look", "severity": "low"})
    visitor.context.set_offline(offline=False)

    expect(notice).to_have_count(0)
    expect(page.get_by_text("Happened while nobody could look").first).to_be_visible()

    # A page that was not fetched before waits for the network as well, and leaves no error page of the browser.
    visitor.context.set_offline(offline=True)
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Lab").click()
    expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    visitor.context.set_offline(offline=False)
    expect(page.get_by_role("heading", level=1, name="Lab")).to_be_visible()
    lost = ("ERR_INTERNET_DISCONNECTED", "Not fetched: ")
    visitor.complaints[:] = [one for one in visitor.complaints if not any(words in one for words in lost)]


def test_anything_is_found_from_the_keyboard(demo: Demo, visit: Visit) -> None:
    page = visit().page("/settings")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find anything").fill("passed 9")
    expect(page.get_by_role("option").filter(has_text="Incident").first).to_contain_text("drone passed 9 m/s")
    expect(page).to_have_url(re.compile(r"/settings\?palette=passed\+9"))
    page.reload()
    expect(page.get_by_role("option").filter(has_text="Incident").first).to_contain_text("drone passed 9 m/s")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/(incidents|recordings|boards)/"))
    page.go_back()
    expect(page).to_have_url(re.compile("/settings$"))

    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find anything").fill("drone-1")
    page.get_by_role("option").filter(has_text="Live: drone-1").click()
    expect(page).to_have_url(re.compile(r"/robots/drone-1/live"))
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="Find anything")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Find anything")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("combobox", name="Find anything")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/robots/drone-1/live$"))
    page.go_back()
    expect(page).to_have_url(re.compile("/settings$"))


def test_whoever_closes_a_dialog_goes_on_where_they_opened_it(visit: Visit) -> None:
    page = visit().page("/boards")
    opener = page.get_by_role("button", name="New board")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_all_tabs_of_a_browser_share_their_streams(hub: Hub, visit: Visit) -> None:
    visitor = visit()
    tabs = [visitor.page("/incidents") for _ in range(8)]
    hub.call("POST", "/api/v1/incidents", json={"title": "Seen in every tab", "severity": "low"})
    for tab in tabs:
        expect(tab.get_by_text("Seen in every tab").first).to_be_visible()
