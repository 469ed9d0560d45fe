"""The demo of the newcomer, with its hub, recorder and guard, for all tests of the UI; and browsers to visit it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.processes import PILOTHOUSE, eventually
from tests.support.visitors import DESK, WAIT_MS, Hub, Person, Scheme, Visitor, chromium

expect.set_options(timeout=WAIT_MS)


@dataclass(frozen=True)
class Demo:
    """What `pilothouse demo` runs and prints."""

    hub: Hub
    recorder_url: str
    guard_url: str
    link: str
    incident_id: str

    @cached_property
    def incident(self) -> dict[str, Any]:
        """The incident of the flight, as it is when first asked for."""
        found: dict[str, Any] = self.hub.call("GET", f"/api/v1/incidents/{self.incident_id}")
        return found


# No longer than the tests of this directory: its guard and its hub go on working, also while nobody looks.
@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    data = tmp_path_factory.mktemp("demo")
    log = data / "said.txt"
    command = [str(PILOTHOUSE), "demo", "--data", str(data / "demo"), "--speed", "4", "--no-open"]
    with log.open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=data)
    try:
        made = _demo(data / "demo", log, process)
        with closing(made.hub):
            yield made
    finally:
        process.terminate()
        assert process.wait(60) in (0, -15), log.read_text()


def _demo(data: Path, log: Path, process: subprocess.Popen[bytes]) -> Demo:
    def link() -> re.Match[str] | None:
        assert process.poll() is None, log.read_text()
        return re.search(r"http://\S+/login\?\S+", log.read_text())

    found = eventually(link, deadline_s=110, what="the link of the demo")
    said = log.read_text()
    urls = {name: re.search(rf"^{name}\s+(http://\S+)", said, re.MULTILINE) for name in ("hub", "recorder", "guard")}
    hub, recorder, guard = (one[1] if one else "" for one in urls.values())
    incident = re.search(r"incidents%2F(\w+)", found[0])
    assert incident
    return Demo(Hub(hub, data / "hub"), recorder, guard, found[0], incident[1])


@pytest.fixture(scope="package")
def hub(demo: Demo) -> Hub:
    return demo.hub


# Playwright keeps an event loop running in its thread: no longer than its own tests, for others begin theirs there.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium(playwright) as one:
        yield one


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(hub: Hub, browser: Browser) -> Iterator[Visit]:
    """``visit(person)`` gives somebody a browser; without anybody it is the operator's, with ``None`` nobody's.

    At the end no page may have complained in its console, but for what a test takes out of ``complaints``.
    """
    visitors: list[Visitor] = []

    def one(
        person: Person | str | None = "operator",
        *,
        at: Hub = hub,
        viewport: dict[str, int] = DESK,
        scheme: Scheme = "light",
    ) -> Visitor:
        context = browser.new_context(
            viewport=viewport,  # type: ignore[arg-type]
            color_scheme=scheme,
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        if person is not None:
            at.sign_in(context, person.token if isinstance(person, Person) else None)
        visitor = Visitor(at.url, context, person.name if isinstance(person, Person) else str(person))
        visitors.append(visitor)
        return visitor

    yield one
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture
def page(visit: Visit) -> Page:
    """The operator's browser, on what happens now."""
    return visit().page("/")
