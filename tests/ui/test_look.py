"""Every page in light and dark, on a desk and on a phone: without serious findings, complaints or sideways scrolling.

What they look like is left in `build/screenshots`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.visitors import DESK, PHONE, ROOT, Scheme, serious_findings
from tests.ui.conftest import Demo, Visit

pytestmark = pytest.mark.timeout(300)
SCREENSHOTS = ROOT / "build" / "screenshots"
SIZES = {"desk": DESK, "phone": PHONE}
# What can be pressed or filled in and is not in sight; lists of places and lanes scroll sideways, and show it.
OUT_OF_REACH = """() => [...document.querySelectorAll("a, button, input, textarea, label")]
  .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.closest("nav, article"))
  .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((one) => one.ariaLabel || one.innerText)"""
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@pytest.fixture(scope="module")
def places(demo: Demo) -> dict[str, str]:
    """A path for each page, of things that are there."""
    hub = demo.hub
    recording = demo.incident["session_ids"][0]
    wanted = {"incident_id": demo.incident_id}
    task = next(
        task
        for board in hub.call("GET", "/api/v1/boards")["items"]
        for task in hub.call("GET", f"/api/v1/boards/{board['id']}/tasks", params=wanted)["items"]
    )
    board = f"/boards/{task['board_id']}"
    (session, *_) = hub.call("GET", "/sessions", params={"all": True})["items"]
    repeated = {
        "session": {"repository": session["repository"], "commands": [{"argv": ["true"]}]},
        "recordings": [recording],
    }
    batch = hub.call("POST", "/batches", json=repeated)
    group = hub.call("POST", "/api/v1/board-groups", json={"name": "Night shift"})
    backtest = hub.call("POST", "/api/v1/backtests", json={"triggers": ["/speed.data > 8"], "session_ids": [recording]})
    return {
        "now": "/",
        "incidents": "/incidents",
        "incident": f"/incidents/{demo.incident_id}",
        "recordings": "/recordings",
        "recording": f"/recordings/{recording}",
        "upload": "/recordings/upload",
        "backtests": "/recordings/backtests",
        "new-backtest": "/recordings/backtests/new",
        "backtest": f"/recordings/backtests/{backtest['id']}",
        "live": "/robots/arm-1/live",
        "live-boundaries": "/robots/arm-1/live?tab=boundaries",
        "live-risk": "/robots/arm-1/live?tab=risk",
        "fleet": "/fleet",
        "enrol": "/fleet/enrol",
        "robot": "/robots/arm-1",
        "boards": "/boards",
        "board": board,
        "task": f"{board}?task={task['id']}",
        "approvals": "/boards/approvals",
        "board-approvals": f"{board}/approvals",
        "memory": f"{board}/memory",
        "agents": f"{board}/agents",
        "webhooks": f"{board}/webhooks",
        "board-incidents": f"{board}/incidents",
        "board-history": f"{board}/history",
        "board-settings": f"{board}/settings",
        "group": f"/boards/groups/{group['id']}",
        "lab": "/lab",
        "session": f"/lab/{session['id']}",
        "new-session": "/lab/new",
        "batches": "/lab/batches",
        "new-batch": "/lab/batches/new",
        "batch": f"/lab/batches/{batch['id']}",
        "repositories": "/lab/repositories",
        "sandbox": "/lab/sandbox",
        "settings": "/settings",
        "tokens": "/settings/tokens",
        "invite": "/settings/invite",
        "members": "/settings/members",
        "notifications": "/settings/notifications",
        "storage": "/settings/storage",
        "audit": "/settings/audit",
        "system": "/settings/system",
    }


def settled(page: Page) -> None:
    """Once nothing is being loaded any more."""
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    expect(page.locator("[aria-busy=true]:visible")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_every_page_looks_as_it_should(size: str, places: dict[str, str], visit: Visit) -> None:
    visitor = visit(viewport=SIZES[size])
    page = visitor.page("/")
    wrong: list[str] = []
    for name, path in places.items():
        page.goto(f"{visitor.url.rstrip('/')}{path}")
        try:
            settled(page)
        except AssertionError as late:
            wrong.append(f"{name}: {late}")
        if page.get_by_text("There is no such page").is_visible():
            wrong.append(f"{name}: there is no such page")
        wrong += [f"{name}: {what} lies beyond the edge" for what in page.evaluate(OUT_OF_REACH)]
        for scheme in SCHEMES:
            seen_in(page, scheme)
            _kept(page, SCREENSHOTS / f"{size}-{scheme}" / f"{name}.png")
            wrong += [f"{name} in {scheme}: {finding}" for finding in serious_findings(page)]
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if over > 1:
                wrong.append(f"{name} in {scheme}: scrolls sideways by {over} px")
    page = visit(None, viewport=SIZES[size]).page("/login")
    for scheme in SCHEMES:
        seen_in(page, scheme)
        _kept(page, SCREENSHOTS / f"{size}-{scheme}" / "login.png")
        wrong += [f"login in {scheme}: {finding}" for finding in serious_findings(page)]
    assert not wrong, "\n".join(wrong)


def seen_in(page: Page, scheme: Scheme) -> None:
    """As whoever's system is set to this sees it; a page that is open follows."""
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_opened_over_a_page_has_no_serious_findings_either(
    scheme: Scheme, places: dict[str, str], visit: Visit
) -> None:
    visitor = visit(scheme=scheme)
    page = visitor.page("/")
    board, task = places["board"], places["task"]
    recording, incident = (places[name].rpartition("/")[2] for name in ("recording", "incident"))
    by_address = (
        f"{board}?make=true", f"{task}&act=edit", f"{task}&act=ask", f"{board}/webhooks?edit=new-webhook",
        f"{board}/webhooks?edit=new-subscription", f"{board}/agents?agent=", f"{board}/incidents?rule=",
        "/boards?make=board", "/boards?make=group", "/boards?show=labels&tag=", "/boards?show=labels&field=",
        "/lab/repositories?edit=", "/settings/tokens?make=true", "/settings/members?invite=true",
        "/settings/notifications?edit=", "/?palette=drone", "/incidents?report=true",
        f"/incidents?judge=true#{incident}",
        f"{places['recording']}?open=fields", f"{places['recording']}?open=cut", f"{places['recording']}?open=viewer",
        f"{places['recording']}?open=keys", f"/recordings?act=delete#{recording}", f"/recordings?act=cut#{recording}",
    )  # fmt: skip
    by_press = (
        (places["recording"], "combobox", "Speed", "listbox"),
        (places["incident"], "combobox", "State", "listbox"),
        ("/", "button", "Signed in as", "menu"),
        (board, "button", "Move or claim", "menu"),
        (board, "combobox", "Priority", "listbox"),
        (f"{board}?make=true", "combobox", "Priority", "listbox"),
        ("/robots/drone-1", "button", "Retire it", "dialog"),
        ("/settings", "button", "Sign out", "dialog"),
        ("/settings/notifications", "combobox", "State", "listbox"),
    )
    wrong: list[str] = []
    for path in by_address:
        page.goto(f"{visitor.url.rstrip('/')}{path}")
        page.get_by_role("dialog").last.wait_for()
        wrong += [f"{path}: {finding}" for finding in serious_findings(page)]
    for path, role, name, opens in by_press:
        page.goto(f"{visitor.url.rstrip('/')}{path}")
        place = page.get_by_role("dialog") if "make" in path else page
        place.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        page.get_by_role(opens).last.wait_for()  # type: ignore[arg-type]
        wrong += [f"{name} on {path}: {finding}" for finding in serious_findings(page)]
    assert not wrong, "\n".join(wrong)


def _kept(page: Page, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
