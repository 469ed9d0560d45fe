"""People in browsers: Debian's Chromium driven by Playwright, at a hub whose UI is built."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urljoin

import httpx2
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright

ROOT = Path(__file__).parents[2]
AXE = ROOT / "ui/node_modules/axe-core/axe.min.js"
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# As root Chromium has no sandbox of its own. It paints by itself: to imitate a graphics card takes a quarter more of a
# core. The rest keeps it from asking hosts that are not there.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-software-rasterizer", "--in-process-gpu",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
    "--disable-quic", "--disable-dev-shm-usage",
)  # fmt: skip
WAIT_MS = 30_000
Scheme = Literal["light", "dark"]


def installed() -> str | None:
    """The machine's own browser; None where Playwright's is used."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A browser without a window."""
    browser = playwright.chromium.launch(executable_path=installed(), args=list(FLAGS))
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Visitor:
    """A browser of one person's own: cookies and storage are nobody else's."""

    url: str
    context: BrowserContext
    name: str = "nobody"
    complaints: list[str] = field(default_factory=list)

    def page(self, path: str = "/", *, wait: str = "h1") -> Page:
        """Another tab, opened at a page of the UI; what its console says is kept."""
        page = self.context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("console", lambda said: self._hear(said.type, said.text, said.location))
        page.on("pageerror", lambda error: self.complaints.append(f"{path}: {error}"))
        page.goto(urljoin(self.url, path))
        page.wait_for_selector(wait)
        return page

    def _hear(self, kind: str, text: str, where: Any) -> None:
        if kind == "error":
            self.complaints.append(f"{where.get('url', '')}: {text}")


@dataclass(frozen=True)
class Person:
    """Somebody who came by an invite, with a token of their own."""

    name: str
    user_id: str
    token: str


class Hub:
    """A running hub with its UI; ``operator`` asks its API as whoever runs it."""

    def __init__(self, url: str, data: Path) -> None:
        self.url = url
        self.data = data
        token = (data / "local-auth-token").read_text(encoding="ascii").strip()
        self.token = token
        self.operator = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def close(self) -> None:
        self.operator.close()

    def call(self, method: str, path: str, *, by: Person | None = None, **more: Any) -> Any:
        """The JSON of a successful answer."""
        headers = {"Authorization": f"Bearer {self.token if by is None else by.token}"}
        answer = self.operator.request(method, path, headers=headers, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def person(self, name: str, **invite: Any) -> Person:
        """A new member of the home organization; ``invite`` is what the invite gives, such as ``role="admin"``."""
        granted = {"access": {"all_boards_read": True, "all_boards_write": True}} | invite
        made = self.call("POST", "/api/v1/organizations/home/invites", json=granted)
        # Whoever accepts has no credential yet but the invite.
        accepting = urljoin(self.url, "/api/v1/organizations/invites/accept")
        accepted = httpx2.post(accepting, json={"token": made["token"], "name": name}, timeout=60)
        assert accepted.status_code == 201, accepted.text
        joined = accepted.json()
        return Person(name, joined["user"]["id"], joined["token"]["token"])

    def sign_in(self, context: BrowserContext, token: str | None = None) -> None:
        """Give a browser the cookie that the sign-in page would."""
        answer = context.request.post(
            urljoin(self.url, "/api/v1/auth/session"),
            data=json.dumps({"token": token or self.token}),
            headers={"Content-Type": "application/json", "Origin": self.url.rstrip("/")},
        )
        assert answer.status == 201, answer.text()


def tab_to(page: Page, goal: Locator, *, most: int = 120) -> None:
    """Go there by Tab alone, as people do who have no mouse."""
    goal.wait_for()
    for _ in range(most):
        if goal.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{goal} cannot be reached by Tab")


def serious_findings(page: Page) -> list[str]:
    """What axe finds wrong with a page for people with disabilities, if it is serious."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "() => axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations"
        ".filter((one) => ['serious', 'critical'].includes(one.impact))"
        ".map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 5).join(', ')}`))"
    )
    assert isinstance(found, list)
    return found
