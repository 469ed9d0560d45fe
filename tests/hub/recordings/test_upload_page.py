"""Recordings delivered from a browser: a real one, to a real hub."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.browser import Page, browser
from tests.support.flights import saying, write_messages
from tests.support.processes import Program, eventually, pilothouse

SESSION = "ada_20260101T000001Z"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    data = tmp_path_factory.mktemp("hub")
    with pilothouse("hub", "--data", data, "--port", "0", "--host", "127.0.0.1") as running:
        yield running


def states(page: Page) -> list[str]:
    found: list[str] = page.evaluate("[...document.querySelectorAll('li')].map((row) => row.dataset.state || '')")
    return found


def test_the_digest_is_that_of_everybody_else(page: Page, hub: Program) -> None:
    page.open(f"{hub.url}/upload")

    for size in (0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 100_003):
        content = os.urandom(size)
        pieces = f"Uint8Array.from(atob('{_base64(content)}'), (c) => c.charCodeAt(0))"
        script = f"(() => {{ const all = {pieces}; const sha = new Sha256();"
        script += " for (let at = 0; at < all.length; at += 37) sha.update(all.subarray(at, at + 37));"
        assert page.evaluate(f"{script} return sha.hex(); }})()") == hashlib.sha256(content).hexdigest()


def test_a_recording_is_delivered_and_what_is_none_is_refused(page: Page, hub: Program, tmp_path: Path) -> None:
    recording, other = tmp_path / f"{SESSION}.mcap", tmp_path / "notes <b>.txt"
    write_messages(recording, saying("/log", [{"text": os.urandom(60_000).hex()} for _ in range(80)]))
    other.write_text("no recording")
    page.open(f"{hub.url}/upload")
    before = len(page.complaints)

    page.choose_files("input", recording, other)

    eventually(lambda: states(page) == ["done", "failed"], what="both files")
    assert recording.stat().st_size > 4 << 20
    row = eventually(
        lambda: (found := httpx2.get(f"{hub.url}/api/sessions/{SESSION}").json()).get("state") == "ok" and found
    )
    assert row["sha256"] == hashlib.sha256(recording.read_bytes()).hexdigest()
    assert page.evaluate("document.querySelectorAll('li span')[1].textContent") == "notes <b>.txt"
    assert page.complaints[before:] == []


def test_other_content_under_the_same_name_says_so(page: Page, hub: Program, tmp_path: Path) -> None:
    recording = tmp_path / "bob_20260101T000001Z.mcap"
    for value in (1.0, 2.0):
        write_messages(recording, saying("/speed", [{"v": value}]))
        page.open(f"{hub.url}/upload")
        page.choose_files("input", recording)
        eventually(lambda: states(page)[0] != "", what="an answer")
        recording.unlink()

    assert states(page) == ["failed"]
    assert "content_differs" in page.evaluate("document.querySelector('li small').textContent")


def test_the_page_runs_no_script_but_its_own(hub: Program) -> None:
    answer = httpx2.get(f"{hub.url}/upload")

    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def _base64(content: bytes) -> str:
    import base64

    return base64.b64encode(content).decode()
