"""Text from robots, agents and webhooks is text on every page, whatever it says."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.visitors import Hub
from tests.ui.conftest import Visit

pytestmark = pytest.mark.timeout(300)
MARKUP = '"><img src=x onerror="window.harmed=1"><script>window.harmed=1</script><a href="javascript:harmed=1">x</a>'
BIDI = "safe‮gpj.exe"
SENTENCE = f"{MARKUP} {BIDI} **bold** [link](javascript:window.harmed=1) {{{{constructor}}}}"


def harmless(page: Page) -> None:
    """Nothing of it became an element, ran, or can be clicked."""
    assert page.evaluate("window.harmed") is None
    assert page.locator("img[src=x], a[href^='javascript:' i], script:not([src])").count() == 0


@pytest.fixture(scope="module")
def hostile(hub: Hub) -> dict[str, Any]:
    """An incident, a recording's annotation, a board with a task, comment, memory and agent, all of them hostile."""
    title = SENTENCE[:190]
    incident = hub.call("POST", "/api/v1/incidents", json={"title": title, "severity": "high", "robot_id": "drone-1"})
    hub.call("POST", f"/api/v1/incidents/{incident['id']}/notes", json={"body": SENTENCE})
    recording = hub.call("GET", "/api/sessions", params={"limit": 1})["sessions"][0]["session_id"]
    hub.call("POST", f"/api/sessions/{recording}/annotations", json={"time_ns": 1_000_000, "body": SENTENCE})
    board = hub.call("POST", "/api/v1/boards", json={"name": title[:100], "description": SENTENCE})
    at = f"/api/v1/boards/{board['id']}"
    task = hub.call("POST", f"{at}/tasks", json={"title": title, "description": SENTENCE})
    hub.call("POST", f"{at}/tasks/{task['id']}/comments", json={"body": SENTENCE})
    hub.call("POST", f"{at}/memory", json={"content": SENTENCE, "tags": ["<b>tag</b>"]})
    hub.call("POST", "/api/v1/agents", json={"name": "<i>agent</i>", "board_id": board["id"]})
    return {"incident": incident["id"], "recording": recording, "board": board["id"], "task": task["id"]}


def test_hostile_text_stays_text_on_every_page(hub: Hub, hostile: dict[str, Any], visit: Visit) -> None:
    visitor = visit()
    page = visitor.page("/")
    board = f"/boards/{hostile['board']}"
    for path, text in (
        ("/", None),
        ("/incidents", "onerror="),
        (f"/incidents/{hostile['incident']}", "onerror="),
        ("/recordings", None),
        (f"/recordings/{hostile['recording']}", "onerror="),
        ("/boards", "onerror="),
        (board, "onerror="),
        (f"{board}?task={hostile['task']}", "{{constructor}}"),
        (f"{board}/memory", "{{constructor}}"),
        (f"{board}/agents", "<i>agent</i>"),
        ("/settings/audit", None),
    ):
        page.goto(f"{hub.url.rstrip('/')}{path}")
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        if text is not None:
            expect(page.get_by_text(text).first).to_be_visible()
        harmless(page)


ADDRESSES = (
    "/incidents/%3Cimg%20src%3Dx%20onerror%3Dharmed%3D1%3E",
    "/recordings?q=%3Cimg+src%3Dx%3E",
    "/login?next=javascript:window.harmed%3D1",
)


@pytest.mark.parametrize("path", ADDRESSES)
def test_what_an_address_says_is_text_too(path: str, visit: Visit) -> None:
    visitor = visit()
    page = visitor.page(path)

    harmless(page)
    visitor.complaints[:] = [one for one in visitor.complaints if "404" not in one and "422" not in one]
