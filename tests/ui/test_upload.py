"""Recordings delivered from a browser: checked, resumed, found again."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.flights import saying, truncated, write_messages
from tests.support.processes import eventually
from tests.support.visitors import Hub
from tests.ui.conftest import Visit

pytestmark = pytest.mark.timeout(300)
# Long ago, so that these are never the newest.
LONG_AGO_NS = 1_500_000_000 * 10**9


def flight(path: Path, lines: int = 80) -> Path:
    path.unlink(missing_ok=True)
    said = [{"text": os.urandom(60_000).hex()} for _ in range(lines)]
    write_messages(path, saying("/log", said, start_ns=LONG_AGO_NS))
    return path


def choose(page: Page, *paths: Path) -> None:
    page.locator("input[type=file]").set_input_files([str(path) for path in paths])


def test_a_recording_is_delivered_and_what_is_none_is_refused(hub: Hub, visit: Visit, tmp_path: Path) -> None:
    name = f"up-{secrets.token_hex(3)}"
    recording, other = flight(tmp_path / f"{name}.mcap"), tmp_path / "notes <b>.txt"
    other.write_text("no recording")
    page = visit().page("/recordings/upload")

    choose(page, recording, other)

    rows = page.get_by_role("listitem")
    expect(rows.nth(0)).to_have_attribute("data-state", "done")
    expect(rows.nth(1)).to_have_attribute("data-state", "failed")
    expect(rows.nth(1)).to_contain_text("notes <b>.txt")
    shown = eventually(
        lambda: (found := hub.call("GET", f"/api/sessions/{name}"))["state"] == "ok" and found, what="its index"
    )
    assert shown["sha256"] == hashlib.sha256(recording.read_bytes()).hexdigest()
    rows.nth(0).get_by_role("link", name=name).click()
    expect(page).to_have_url(re.compile(f"/recordings/{name}"))


def test_other_content_under_the_same_name_can_go_under_another(hub: Hub, visit: Visit, tmp_path: Path) -> None:
    name = f"twice-{secrets.token_hex(3)}"
    visitor = visit()
    page = visitor.page("/recordings/upload")
    row = page.get_by_role("listitem").last
    choose(page, flight(tmp_path / f"{name}.mcap", 1))
    expect(row).to_have_attribute("data-state", "done")

    choose(page, flight(tmp_path / f"{name}.mcap", 2))
    expect(row).to_contain_text("content_differs")
    row.get_by_role("button", name=f"Deliver as {name}-2").click()

    expect(row).to_have_attribute("data-state", "done")
    assert hub.call("GET", f"/api/sessions/{name}-2")["session_id"] == f"{name}-2"
    visitor.complaints[:] = [one for one in visitor.complaints if "409" not in one]


def test_what_a_reload_interrupts_is_found_again_and_goes_on_where_it_was(visit: Visit, tmp_path: Path) -> None:
    recording = flight(tmp_path / f"cut-{secrets.token_hex(3)}.mcap", 120)
    visitor = visit()
    page = visitor.page("/recordings/upload")
    pieces: list[str] = []

    def one_piece(route: Route) -> None:
        if route.request.method == "PATCH":
            pieces.append(route.request.headers["upload-offset"])
        if len(pieces) > 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/api/uploads/*", one_piece)
    choose(page, recording)
    row = page.get_by_role("listitem")
    expect(row).to_contain_text("it is tried again by itself")
    page.on("dialog", lambda dialog: dialog.accept())
    page.unroute("**/api/uploads/*")
    page.goto(f"{visitor.url.rstrip('/')}/recordings/upload")

    expect(row).to_have_attribute("data-state", "left")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.headers.get("upload-offset", "")) if one.method == "PATCH" else None)
    choose(page, recording)
    expect(row).to_have_attribute("data-state", "done")
    assert sent[0] == str(4 << 20)
    visitor.complaints[:] = [one for one in visitor.complaints if "ERR_FAILED" not in one]


def test_it_goes_on_while_another_page_is_looked_at(visit: Visit, tmp_path: Path) -> None:
    recording = flight(tmp_path / f"on-{secrets.token_hex(3)}.mcap")
    page = visit().page("/recordings/upload")
    choose(page, recording)
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Fleet").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fleet")
    page.go_back()

    expect(page.get_by_role("listitem")).to_have_attribute("data-state", "done")


def test_a_file_that_is_cut_off_is_listed_as_damaged(visit: Visit, tmp_path: Path) -> None:
    whole = flight(tmp_path / "whole.mcap", 3)
    broken = truncated(whole, tmp_path / f"broken-{secrets.token_hex(3)}.mcap")
    page = visit().page("/recordings/upload")
    choose(page, broken)
    expect(page.get_by_role("listitem")).to_have_attribute("data-state", "done")

    page.goto(page.url.replace("/upload", f"?q={broken.stem}"))

    expect(page.locator("[data-index='0']")).to_contain_text("damaged")


def test_the_former_address_leads_here(hub: Hub) -> None:
    answer = httpx2.get(f"{hub.url}/upload", follow_redirects=True)

    assert answer.status_code == 200
    assert str(answer.url).endswith("/recordings/upload")
