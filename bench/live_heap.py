"""Memory of the live page of a robot that cycles at 50 Hz with two cameras of 50 frames a second.

Run: python bench/live_heap.py [SECONDS] [URL AND DATA DIRECTORY OF A RUNNING HUB]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, sync_playwright

from bench.report import Report
from tests.support.heaps import COUNT_URLS, Heap, Kept
from tests.support.processes import pilothouse
from tests.support.visitors import DESK, Hub, chromium
from tests.support.watched_robot import WatchedRobot, watched_robot

SECONDS = 600.0
LOOKS = 10
MB = 1e6
MOST_GROWTH_MB = 1.0
CAMERAS = 2


def watch(browser: Browser, hub: Hub, robot: WatchedRobot, seconds: float) -> tuple[list[Kept], int]:
    """What the page keeps, looked at some times; and how many cycles it has seen."""
    context = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
    context.add_init_script(COUNT_URLS)
    hub.sign_in(context)
    page = context.new_page()
    page.goto(f"{hub.url}/robots/{robot.robot_id}/live")
    page.get_by_alt_text("Camera top").wait_for(timeout=60_000)
    heap = Heap(browser, page)
    # The drawing of latency goes back 30 s: until it is full, more is drawn each second.
    page.wait_for_timeout(min(seconds / 4, 35) * 1000)
    looks = [heap.look()]
    for _ in range(LOOKS):
        page.wait_for_timeout(seconds / LOOKS * 1000)
        looks.append(heap.look())
        print(f"  {looks[-1]}", file=sys.stderr, flush=True)
    seen = page.get_by_text("Cycles seen").locator("xpath=..").inner_text().split("\n")[-1]
    context.close()
    return looks, int("".join(digit for digit in seen if digit.isdigit()))


def measure(hub: Hub, seconds: float) -> None:
    with (
        watched_robot(hub.url, "soak", cameras=("front", "top")) as robot,
        sync_playwright() as playwright,
        chromium(playwright) as browser,
    ):
        began, before = time.monotonic(), robot.cycles
        looks, seen = watch(browser, hub, robot, seconds)
        sent, took_s = robot.cycles - before, time.monotonic() - began
    first, last = looks[0], looks[-1]
    report = Report(f"The live page for {seconds:.0f} s: 50 Hz, two cameras")
    report.row("cycles sent", sent / took_s, unit="1/s")
    report.row("cycles seen", seen / took_s, unit="1/s")
    report.row("frames decoded", last.urls_made / took_s, unit="1/s")
    grown = (last.heap_bytes - first.heap_bytes) / MB
    report.row("heap at the end", last.heap_bytes / MB, unit="MB")
    report.row("heap grown", grown, unit="MB", promise="< 1 MB", kept=grown < MOST_GROWTH_MB)
    report.row("nodes grown", last.nodes - first.nodes, unit="")
    report.row("listeners grown", last.listeners - first.listeners, unit="")
    report.row("object URLs left", last.urls_open, unit="", promise="<= 2", kept=last.urls_open <= CAMERAS)
    report.row("renderer's memory grown", (last.renderer_bytes - first.renderer_bytes) / MB, unit="MB")


def main(seconds: float, url: str | None = None, data: str | None = None) -> None:
    if url is not None and data is not None:
        measure(Hub(url, Path(data)), seconds)
        return
    with (
        tempfile.TemporaryDirectory() as directory,
        pilothouse("hub", "--data", directory, "--port", "0", "--host", "127.0.0.1") as running,
    ):
        measure(Hub(running.url, Path(directory)), seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS, *sys.argv[2:4])
