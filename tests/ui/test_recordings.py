"""The list of recordings: finding, choosing many, and what can be done with them."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.visitors import PHONE, Hub
from tests.ui.conftest import Visit

pytestmark = pytest.mark.timeout(300)
MANY = 240
# Older than whatever else the tests record, so that these are never the newest.
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def announced(hub: Hub, robot: str, count: int, label: str = "lost its way") -> list[str]:
    """Recordings that a robot has told of, the newest first."""
    ids: list[str] = []
    for number in range(count):
        ended = LONG_AGO + timedelta(minutes=number)
        session_id = f"{robot}_{number:04d}"
        told = {
            "session_id": session_id, "robot_id": robot, "label": f"{label} {number % 7}",
            "reason": "manual", "started_at": (ended - timedelta(seconds=10)).isoformat(),
            "ended_at": ended.isoformat(), "size_bytes": 1_000 + number,
        }  # fmt: skip
        hub.call("POST", "/api/v1/recordings/announcements", json=told)
        ids.append(session_id)
    return ids[::-1]


@pytest.fixture(scope="module")
def many(hub: Hub) -> str:
    """A robot with more recordings than fit into two pages of the API."""
    robot = f"many-{secrets.token_hex(3)}"
    announced(hub, robot, MANY)
    return robot


def row(page: Page, number: int) -> Locator:
    return page.locator(f"[data-index='{number}']")


def chosen(page: Page) -> Locator:
    return page.get_by_role("region", name="The chosen recordings")


def test_only_the_rows_in_sight_exist_and_the_others_come_as_one_scrolls(many: str, visit: Visit) -> None:
    page = visit().page(f"/recordings?robot={many}")
    grid = page.get_by_role("grid", name="Recordings")
    expect(grid).to_have_attribute("aria-rowcount", str(MANY + 1))
    expect(row(page, 0)).to_contain_text("lost its way")
    assert page.locator("[data-index]").count() < 60

    grid.evaluate("(list) => { list.scrollTop = list.scrollHeight; }")

    expect(row(page, MANY - 1)).to_contain_text("lost its way 0")
    assert page.locator("[data-index]").count() < 60


def test_who_comes_back_to_the_list_finds_it_where_it_was(many: str, visit: Visit) -> None:
    page = visit().page(f"/recordings?robot={many}")
    expect(row(page, 0)).to_contain_text("lost its way")
    page.get_by_role("grid").evaluate("(list) => { list.scrollTop = 34 * 150; }")
    expect(page).to_have_url(re.compile("at=150"))
    row(page, 155).get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/recordings/{many}_0084"))

    page.go_back()

    expect(row(page, 155)).to_be_in_viewport()
    page.reload()
    expect(row(page, 155)).to_be_in_viewport()


def test_search_facets_and_order_are_in_the_address(many: str, visit: Visit) -> None:
    page = visit().page(f"/recordings?robot={many}")
    facets = page.get_by_role("navigation", name="Facets")

    facets.get_by_role("button", name=re.compile("lost its way 3")).click()
    expect(facets.get_by_role("button", name=re.compile("lost its way 3"))).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("label=lost"))
    page.get_by_role("columnheader", name="Size").get_by_role("button").click()
    expect(page.get_by_role("columnheader", name="Size")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("columnheader", name="Size").get_by_role("button").click()
    expect(page.get_by_role("columnheader", name="Size")).to_have_attribute("aria-sort", "ascending")
    page.get_by_label("Search recordings").fill(f"{many}_0003")
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "2")
    page.reload()
    expect(row(page, 0).get_by_role("link")).to_have_attribute("href", f"/recordings/{many}_0003")
    page.get_by_role("button", name="Any label again").click()
    page.get_by_label("Search recordings").fill("nothing-is-called-this")
    expect(page.get_by_text("No recording is like this")).to_be_visible()


def test_a_range_over_pages_is_chosen_and_survives_a_reload(many: str, visit: Visit) -> None:
    page = visit().page(f"/recordings?robot={many}")
    row(page, 2).get_by_role("gridcell").first.click()
    expect(chosen(page)).to_contain_text("1 recording chosen")
    page.get_by_role("grid").evaluate("(list) => { list.scrollTop = 34 * 210; }")
    expect(row(page, 220)).to_contain_text("lost its way")

    row(page, 220).get_by_role("gridcell").first.click(modifiers=["Shift"])

    expect(chosen(page)).to_contain_text("219 recordings chosen")
    page.reload()
    expect(chosen(page)).to_contain_text("219 recordings chosen")
    chosen(page).get_by_role("button", name="Choose none").click()
    expect(chosen(page)).to_have_count(0)


def test_everything_is_reached_from_the_keyboard(many: str, visit: Visit) -> None:
    page = visit().page(f"/recordings?robot={many}")
    expect(row(page, 0)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("j")
    expect(row(page, 0)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    expect(chosen(page)).to_contain_text("2 recordings chosen")
    page.keyboard.press("ArrowDown")
    expect(row(page, 2)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/recordings/{many}_0237"))


def test_what_is_pinned_stays_when_several_are_deleted(hub: Hub, visit: Visit) -> None:
    robot = f"gone-{secrets.token_hex(3)}"
    third, second, first = announced(hub, robot, 3)
    page = visit().page(f"/recordings?robot={robot}#{second}")
    chosen(page).get_by_role("button", name="Pin", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("Evidence")
    dialog.get_by_role("button", name="Pin", exact=True).click()
    expect(dialog).to_contain_text("1 done")
    page.go_back()
    expect(dialog).to_have_count(0)
    expect(chosen(page)).to_contain_text("1 recording chosen")
    expect(row(page, 1).get_by_role("img", name=re.compile("Pinned by .*: Evidence"))).to_be_visible()

    row(page, 0).get_by_role("gridcell").first.click()
    row(page, 2).get_by_role("gridcell").first.click(modifiers=["Shift"])
    chosen(page).get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete 3 recordings").click()

    expect(dialog).to_contain_text("2 done, 1 failed")
    expect(dialog).to_contain_text("is pinned, and therefore still there")
    dialog.get_by_role("button", name="Good").click()
    expect(chosen(page)).to_contain_text("1 recording chosen")
    expect(dialog).to_have_count(0)
    left = hub.call("GET", "/api/sessions", params={"robot_id": robot})["sessions"]
    assert [one["session_id"] for one in left] == [second]
    assert {first, third}.isdisjoint(one["session_id"] for one in left)


def test_parts_are_cut_and_files_fetched(hub: Hub, visit: Visit, tmp_path: Path) -> None:
    found = hub.call("GET", "/api/sessions", params={"state": "ok", "trigger": "overspeed", "limit": 1})["sessions"]
    recording = found[0]["session_id"] if found else hub.call("GET", "/api/sessions")["sessions"][0]["session_id"]
    page = visit().page(f"/recordings#{recording}")
    chosen(page).get_by_role("button", name="Cut").click()
    page.get_by_role("dialog").get_by_text("From the start").click()
    expect(page).to_have_url(re.compile("part=start"))
    page = visit().page(page.url)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("To", exact=True).fill("1")
    with page.expect_download() as cut:
        dialog.get_by_role("button", name="Cut and download").click()
    assert cut.value.suggested_filename == f"{recording}-cut.mcap"
    cut.value.save_as(tmp_path / "cut.mcap")
    assert (tmp_path / "cut.mcap").read_bytes().startswith(b"\x89MCAP0\r\n")
    expect(dialog).to_contain_text("from 0.0 s to 1.0 s")


def test_a_phone_has_cards_and_a_drawer_of_facets(many: str, visit: Visit) -> None:
    page = visit(viewport=PHONE).page(f"/recordings?robot={many}")
    expect(row(page, 0)).to_contain_text("lost its way")
    page.get_by_role("button", name="Narrow").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("lost its way 5")).click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    expect(row(page, 0)).to_contain_text("lost its way 5")
