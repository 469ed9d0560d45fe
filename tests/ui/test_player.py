"""The page of a recording: look at any moment of it, and hand that moment on."""

from __future__ import annotations

import json
import logging
import os
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from mcap.reader import make_reader
from playwright.sync_api import Locator, Page, Request, expect

from tests.support.flights import truncated
from tests.support.large import write_large
from tests.support.processes import eventually
from tests.support.sighted import TRIGGER_S, write_sighted
from tests.support.visitors import PHONE, Hub, serious_findings
from tests.ui.conftest import Demo, Visit

pytestmark = pytest.mark.timeout(300)
SIGHTED = "rover-7_20231114T221320Z"
EVERYTHING = json.dumps(["cameras", "path", "battery", "log", "messages", "notes", "about"])


def brought(hub: Hub, session_id: str, *, state: str = "ok") -> str:
    """Once the hub has found and read the file."""
    hub.call("POST", "/api/admin/rescan")

    def read() -> bool:
        known = hub.operator.get(f"/api/sessions/{session_id}")
        return known.is_success and known.json()["state"] == state

    eventually(read, deadline_s=60, what=f"{session_id} to be {state}")
    return session_id


@pytest.fixture(scope="module")
def sighted(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> str:
    made = write_sighted(tmp_path_factory.mktemp("sighted") / f"{SIGHTED}.mcap")
    made.replace(demo.hub.data / "sessions" / made.name)
    return brought(demo.hub, SIGHTED)


@pytest.fixture(scope="module")
def flight(demo: Demo) -> str:
    """The recording of the demo's incident."""
    found: str = demo.incident["session_ids"][0]
    return found


def cursor_of(page: Page) -> float:
    """Where the page looks, in seconds from the start."""
    text = page.get_by_test_id("cursor").inner_text()
    minutes, seconds = text.split("/")[0].strip().split(":")
    return int(minutes) * 60 + float(seconds)


def at(page: Page, seconds: float) -> None:
    expect(page.get_by_test_id("cursor")).to_contain_text(f"{int(seconds // 60):02}:{seconds % 60:06.3f}")


def ruler(page: Page) -> Locator:
    return page.get_by_role("slider", name="Time")


def value(page: Page, field: str) -> Locator:
    return page.get_by_test_id(f"value {field}")


def test_a_flight_opens_at_its_trigger_and_says_what_was_measured(flight: str, demo: Demo, visit: Visit) -> None:
    recording = demo.hub.call("GET", f"/api/sessions/{flight}")
    page = visit().page(f"/recordings/{flight}")

    expect(page.get_by_role("heading", level=1)).to_have_text(recording["label"])
    expect(page.get_by_role("link", name=recording["robot_id"], exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=demo.incident_id)).to_be_visible()
    expect(page.get_by_text(recording["sha256"][:10])).to_be_visible()
    expect(
        page.get_by_role("button", name=re.compile(r"^Trigger: overspeed: .speed.data = 9\.\d+ > 9"))
    ).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Capture: Pre-roll"))).to_be_visible()
    expect(value(page, "/speed.data")).to_have_text(re.compile(r"^9\."))
    expect(page.get_by_text("threshold 9")).to_be_visible()


def test_scrubbing_leads_to_the_trigger_and_the_address_follows(flight: str, visit: Visit) -> None:
    page = visit().page(f"/recordings/{flight}?t=0")
    expect(value(page, "/speed.data")).to_have_text(re.compile(r"^(0|−?0\.|[1-9]\.\d+e−)"))
    mark = page.get_by_role("button", name=re.compile("^Trigger: overspeed"))
    where, handle = mark.bounding_box(), ruler(page).bounding_box()
    assert where
    assert handle
    page.mouse.move(handle["x"] + 5, handle["y"] + 8)
    page.mouse.down()
    page.mouse.move(where["x"] + where["width"] / 2 + 2, handle["y"] + 8, steps=8)
    page.mouse.up()

    expect(value(page, "/speed.data")).to_have_text(re.compile(r"^9\."))
    expect(page).to_have_url(re.compile(r"[?&]t=1\d\.\d+"))
    mark.click()
    page.keyboard.press("Home")
    at(page, 0)
    page.keyboard.press("t")
    expect(value(page, "/speed.data")).to_have_text(re.compile(r"^9\."))


def test_it_plays_at_other_speeds_and_steps_from_message_to_message(sighted: str, visit: Visit) -> None:
    page = visit().page(f"/recordings/{sighted}?t=1&topic=/speed")
    at(page, 1)
    page.get_by_role("combobox", name="Speed").click()
    page.get_by_role("option", name="×16").click()
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    at(page, 11.95)
    expect(page).to_have_url(re.compile(r"t=11\.95"))

    ruler(page).focus()
    page.keyboard.press("Home")
    ruler(page).blur()
    for step in (0.05, 0.10, 0.15):
        page.keyboard.press("ArrowRight")
        at(page, step)
    page.keyboard.press("ArrowLeft")
    at(page, 0.10)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True).or_(page.get_by_text("00:11.950"))).to_be_visible()


def test_zooming_refines_the_plots_and_the_address_holds_the_window(flight: str, visit: Visit) -> None:
    page = visit().page(f"/recordings/{flight}?t=8&plots=%5B%22/groundtruth/pose.pose.position.x%22%5D")
    shown = value(page, "/groundtruth/pose.pose.position.x")
    expect(shown).to_have_text(re.compile(r"^≈ "))
    box = ruler(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)
    with page.expect_response(lambda answer: "/series?" in answer.url and "start=" in answer.url):
        for _ in range(12):
            page.mouse.wheel(0, -120)
    expect(shown).not_to_have_text(re.compile("≈"))
    expect(page).to_have_url(re.compile(r"from=[\d.]+&to=[\d.]+"))

    held = parse_qs(urlsplit(page.url).query)
    assert 0 < float(held["to"][0]) - float(held["from"][0]) < 4
    page.get_by_role("button", name="Show all of it").click()
    expect(page).not_to_have_url(re.compile("from="))
    _drag(page, page.locator(".u-over").first, 0.25, 0.5)
    expect(page).to_have_url(re.compile(r"from=[34]\.[\d.]+&to=8\."))


def test_a_field_is_found_by_a_few_letters_plotted_and_taken_away(sighted: str, visit: Visit) -> None:
    page = visit().page(f"/recordings/{sighted}?plots=%5B%22/speed.data%22%5D")
    expect(value(page, "/speed.data")).to_have_text("8")
    page.keyboard.press("f")
    page.get_by_role("combobox", name="Search fields").fill("pos x")
    page.keyboard.press("Enter")

    expect(value(page, "/odom.pose.position.x")).to_have_text(re.compile(r"^−6\.5"))
    expect(page).to_have_url(re.compile("odom.pose.position.x"))
    page.get_by_role("button", name="Add a field to the plot of /odom.pose.position.x").click()
    page.get_by_role("combobox", name="Search fields").fill("position.y")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Plot of /odom.pose.position.x, /odom.pose.position.y")).to_be_visible()
    page.get_by_role("button", name="Remove /odom.pose.position.x").click()
    expect(value(page, "/odom.pose.position.x")).to_have_count(0)
    expect(value(page, "/odom.pose.position.y")).to_have_text(re.compile(r"^−4\.5"))


def test_a_note_at_a_span_is_written_reworded_by_one_of_two_and_deleted(sighted: str, hub: Hub, visit: Visit) -> None:
    page = visit().page(f"/recordings/{sighted}?a=2&b=4.5")
    writing = page.get_by_role("textbox", name="Note from 00:02.000 to 00:04.500")
    expect(writing).to_be_visible()
    page.keyboard.press("a")
    expect(writing).to_be_focused()
    page.keyboard.type("the <b>wheel</b> slips")
    page.keyboard.press("Control+Enter")
    mark = page.get_by_role("button", name=re.compile("^Notes: .*the <b>wheel<.b> slips"))
    expect(mark).to_be_visible()
    expect(page.get_by_role("list").get_by_text("the <b>wheel</b> slips")).to_be_visible()

    note = hub.call("GET", f"/api/sessions/{sighted}/annotations")["annotations"][0]
    assert (note["time_ns"], note["end_time_ns"]) == (2_000_000_000, 4_500_000_000)
    page.get_by_role("button", name="Edit note the <b>wheel</b> slips").click()
    page.get_by_role("textbox", name="Wording of the note").fill("the left wheel slips")
    hub.call("PUT", f"/api/annotations/{note['id']}", json={"body": "somebody else was here"})
    expect(page.get_by_role("alert").filter(has_text="Somebody else has written something else")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    expect(mark).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^Notes: .*somebody else was here"))).to_be_visible()
    page.get_by_role("button", name="Keep mine").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name=re.compile("^Notes: .*the left wheel slips"))).to_be_visible()
    page.get_by_role("button", name="Delete note the left wheel slips").click()
    expect(page.get_by_role("button", name=re.compile("^Notes: "))).to_have_count(0)
    assert hub.call("GET", f"/api/sessions/{sighted}/annotations")["total"] == 0


def test_the_link_to_a_moment_shows_the_same_in_a_fresh_browser(sighted: str, hub: Hub, visit: Visit) -> None:
    page = visit().page(f"/recordings/{sighted}?t=5&from=4&to=7")
    expect(value(page, "/speed.data")).to_have_text("5")
    page.get_by_role("button", name="Messages", exact=True).click()
    page.get_by_role("combobox", name="Topic", exact=True).click()
    page.get_by_role("option", name="/odom", exact=True).click()
    page.get_by_role("button", name="▾ position").click()
    expect(page.get_by_role("button", name="▸ position")).to_be_visible()
    page.keyboard.press("f")
    page.get_by_role("combobox", name="Search fields").fill("percentage")
    expect(page).to_have_url(re.compile("open=fields&find=percentage"))
    page.reload()
    expect(page.get_by_role("combobox", name="Search fields")).to_have_value("percentage")
    page.keyboard.press("Enter")
    expect(value(page, "/battery.percentage")).to_have_text("0.6")
    page.get_by_role("combobox", name="Speed").click()
    page.get_by_role("option", name="×4", exact=True).click()
    ruler(page).focus()
    page.keyboard.press("ArrowRight")
    moved = cursor_of(page)
    assert 5 < moved < 5.1
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("The link to this moment is copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(hub.url.rstrip("/"))

    fresh = visit(hub.person("Ines")).page(urlsplit(link)._replace(scheme="", netloc="").geturl())
    at(fresh, moved)
    expect(value(fresh, "/battery.percentage")).to_have_text("0.6")
    expect(value(fresh, "/speed.data")).to_have_text("5")
    expect(fresh.get_by_role("combobox", name="Speed")).to_have_value("×4")
    expect(fresh.get_by_role("region", name="Message at the cursor").get_by_role("combobox")).to_have_value("/odom")
    expect(fresh.get_by_role("button", name="▸ position")).to_be_visible()
    expect(fresh).to_have_url(re.compile(r"from=4&to=7"))


def test_everything_at_the_cursor_is_of_the_same_moment(sighted: str, visit: Visit) -> None:
    page = visit().page(f"/recordings/{sighted}?panels={EVERYTHING}&t=7.95&topic=/camera/front")
    expect(page.get_by_role("img", name="/camera/front at 00:07.800")).to_be_visible()
    expect(page.get_by_role("img", name="Charge 48 %")).to_be_visible()
    expect(page.get_by_role("img", name="Path of /odom from above")).to_be_visible()
    log = page.get_by_role("region", name="Log")
    expect(log.locator("[data-now=true]")).to_contain_text("ERROR driver obstacle <b>not</b> seen")
    assert log.locator("b").count() == 0
    expect(page.get_by_test_id("message time")).to_have_text("00:07.800000")
    expect(page.get_by_test_id("message")).to_contain_text("frame_id")
    expect(page.get_by_role("button", name=re.compile(r"^Drops: .odom: 20 lost in all; 1 s"))).to_be_visible()

    page.goto(f"{page.url.split('?')[0]}?panels={EVERYTHING}&t=2.5&topic=/odom")
    expect(page.get_by_role("img", name="/camera/front at 00:02.400")).to_be_visible()
    expect(page.get_by_role("img", name="Charge 78 %")).to_be_visible()
    expect(page.get_by_test_id("message").get_by_text("50", exact=True)).to_be_visible()
    page.get_by_role("button", name="plot", exact=True).last.click()
    expect(page).to_have_url(re.compile("odom.pose.count"))


@pytest.mark.parametrize(("topic", "told"), [("/speed", "2.5"), ("/battery", "0.78"), ("/log", "ready to drive")])
def test_messages_of_each_encoding_are_taken_apart_in_the_page(
    sighted: str, visit: Visit, topic: str, told: str
) -> None:
    page = visit().page(f"/recordings/{sighted}?panels=messages&t=2.5&topic={topic}")
    expect(page.get_by_test_id("message")).to_contain_text(told)
    expect(page.get_by_text("This is how the hub reads")).to_have_count(0)


def test_an_encoding_nobody_knows_is_named(sighted: str, visit: Visit) -> None:
    page = visit().page(f"/recordings/{sighted}?panels=messages&t=2.5&topic=/opaque")
    expect(page.get_by_role("note")).to_contain_text("x-unheard-of")


def test_a_cut_is_a_recording_of_its_own(sighted: str, visit: Visit, tmp_path: Path) -> None:
    page = visit().page(f"/recordings/{sighted}?a=2&b=3")
    cut, dialog = page.get_by_role("button", name="Cut", exact=True), page.get_by_role("dialog")
    for close in (page.go_back, lambda: page.keyboard.press("Escape")):
        cut.click()
        expect(dialog).to_be_visible()
        close()
        expect(dialog).to_have_count(0)
        expect(page).to_have_url(re.compile(rf"/recordings/{sighted}\?.*a=2"))
    cut.click()
    dialog.get_by_role("combobox", name="Topics").click()
    page.get_by_role("option", name="/speed").click()
    expect(page).to_have_url(re.compile("cut=.*speed"))
    page = visit().page(page.url)
    with page.expect_download() as loading:
        page.get_by_role("link", name="Download the cut").click()
    loading.value.save_as(tmp_path / "cut.mcap")

    with (tmp_path / "cut.mcap").open("rb") as file:
        found = [(channel.topic, message.log_time) for _, channel, message in make_reader(file).iter_messages()]
    assert {topic for topic, _ in found} == {"/speed"}
    assert len(found) == 21


def test_viewers_open_at_the_cursor_by_a_link_that_needs_no_credential(sighted: str, visit: Visit) -> None:
    page = visit().page(f"/recordings/{sighted}?t=2.5")
    page.get_by_role("button", name="Open in a viewer").click()
    for viewer in ("Lichtblick", "Foxglove"):
        href = page.get_by_role("link", name=f"Open {viewer}").get_attribute("href")
        assert href
        asked = parse_qs(urlsplit(href).query)
        assert asked["time"] == ["2023-11-14T22:13:22.500000Z"]
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(href))
        answer = httpx2.get(asked["ds.url"][0], headers={"Origin": origin, "Range": "bytes=0-7"}, timeout=60)
        assert (answer.status_code, answer.content) == (206, b"\x89MCAP0\r\n")
        assert answer.headers["access-control-allow-origin"] in ("*", origin)
        assert "Content-Range" in answer.headers["access-control-expose-headers"]
        asking = {"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
        allowed = httpx2.options(asked["ds.url"][0], headers=asking, timeout=60)
        assert "range" in allowed.headers["access-control-allow-headers"].lower()


def test_a_damaged_file_says_so_and_what_can_be_done(hub: Hub, visit: Visit, tmp_path: Path) -> None:
    broken = truncated(write_sighted(tmp_path / "broken.mcap"), tmp_path / "rover-7_20231114T221321Z.mcap")
    broken.replace(hub.data / "sessions" / broken.name)
    visitor = visit()
    page = visitor.page(f"/recordings/{brought(hub, broken.stem, state='damaged')}")
    alert = page.get_by_role("alert").filter(has_text="This file is damaged")
    expect(alert).to_be_visible()
    expect(alert.get_by_role("button", name="Save what can be read")).to_be_visible()
    page.goto(f"{visitor.url.rstrip('/')}/recordings/there-is-none")
    expect(page.get_by_role("alert")).to_contain_text("Not found")
    visitor.complaints[:] = [one for one in visitor.complaints if "404" not in one]


def test_people_with_disabilities_and_phones_can_use_all_panels(sighted: str, visit: Visit) -> None:
    for viewport, scheme in ((PHONE, "light"), ({"width": 1280, "height": 800}, "dark")):
        page = visit(viewport=viewport, scheme=scheme).page(f"/recordings/{sighted}?panels={EVERYTHING}")
        expect(page.get_by_test_id("message")).to_be_visible()
        expect(value(page, "/speed.data")).to_have_text(f"{TRIGGER_S:g}")
        assert serious_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1


def test_an_incident_shows_the_recording_around_its_trigger_and_leads_to_it(
    demo: Demo, flight: str, visit: Visit
) -> None:
    page = visit().page(f"/incidents/{demo.incident_id}")
    preview = page.get_by_test_id("moment-preview")
    expect(value(page, "/speed.data")).to_have_text(re.compile(r"^9\."))
    preview.get_by_role("slider").first.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"\?t="))
    elsewhere = visit().page(page.url).get_by_test_id("moment-preview")
    expect(elsewhere.get_by_text(" of ")).to_have_text(preview.get_by_text(" of ").inner_text())
    preview.get_by_role("slider").first.press("ArrowRight")
    expect(page).not_to_have_url(re.compile(r"[?&](t|from|to)="))
    preview.get_by_role("link", name="Open the recording here").click()
    expect(page).to_have_url(re.compile(rf"/recordings/{flight}\?.*speed.data"))
    expect(value(page, "/speed.data")).to_have_text(re.compile(r"^9\."))


def test_of_a_large_recording_little_is_transferred(hub: Hub, visit: Visit, tmp_path: Path) -> None:
    size = int(os.environ.get("PILOTHOUSE_TEST_LARGE_BYTES", "200000000"))
    file = hub.data / "sessions" / "rover-7_20231114T221322Z.mcap"
    seconds = write_large(tmp_path / file.name, size_bytes=size, picture_bytes=size // 5_000)
    (tmp_path / file.name).replace(file)
    session_id = brought(hub, file.stem)
    page = visit().page(f"/recordings/{session_id}?plots=%5B%22/speed.data%22%5D&t=1")
    asked: list[Request] = []
    page.on("requestfinished", lambda request: asked.append(request))
    page.reload()
    picture = page.get_by_role("img", name=re.compile("^.camera at"))
    expect(picture).to_be_visible()
    expect(value(page, "/speed.data")).to_have_text(re.compile(r"\d"))
    box = ruler(page).bounding_box()
    assert box
    for number in range(1, 13):
        page.mouse.click(box["x"] + box["width"] * number / 13, box["y"] + 8)
        shown = cursor_of(page)
        assert abs(shown - seconds * number / 13) < seconds / 100
        # The picture is that of the second the cursor is in: they come 20 times a second.
        expect(picture).to_have_attribute("alt", re.compile(rf"at {int(shown) // 60:02}:{int(shown) % 60:02}"))
    page.get_by_role("button", name="Messages", exact=True).click()
    for topic in ("/speed", "/camera"):
        page.get_by_role("combobox", name="Topic", exact=True).click()
        page.get_by_role("option", name=topic, exact=True).click()
        expect(page.get_by_test_id("message")).to_contain_text("data" if topic == "/speed" else "frame_id")

    transferred = sum(one.sizes()["responseBodySize"] for one in asked if "/api/" in one.url)
    told = f"{transferred:,} of {file.stat().st_size:,} bytes in {len(asked)} requests"
    logging.getLogger(__name__).info(told)
    file.unlink()
    assert transferred < size / 100, told


def _drag(page: Page, over: Locator, start: float, end: float) -> None:
    box = over.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * start, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, box["y"] + box["height"] / 2, steps=6)
    page.mouse.up()
