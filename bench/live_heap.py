"""Memory of the live page of a robot that cycles at 50 Hz with two cameras of 50 frames a second.

Run: python -m bench.live_heap [SECONDS] [URL AND DATA DIRECTORY OF A RUNNING HUB]

Chromium is driven without Playwright: that has each page keep the bodies of its answers, a hundred megabytes of them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.report import Report, explain
from tests.support.devtools import Kept, Tab, browsing
from tests.support.processes import pilothouse
from tests.support.watched_robot import watched_robot

SECONDS = 600.0
LOOKS = 10
# The drawing of latency goes back 30 s: until it is full, more is drawn each second.
FILLED_S = 40.0
MB = 1e6
MOST_GROWTH_MB = 1.0
CAMERAS = 2
SEEN = "document.querySelector('main').innerText.match(/Cycles seen\\s+([^\\n]+)/)[1]"
SHOWN = "document.querySelectorAll('img[alt^=Camera]').length"


def watch(tab: Tab, seconds: float) -> tuple[list[Kept], int]:
    """What the page keeps, looked at some times; and how many cycles it has seen."""
    tab.wait_until(f"{SHOWN} === {CAMERAS}")
    time.sleep(FILLED_S)
    looks = [tab.look()]
    for _ in range(LOOKS):
        time.sleep(seconds / LOOKS)
        looks.append(tab.look())
        print(f"  {looks[-1]}, cycles seen {tab.evaluate(SEEN)}", file=sys.stderr, flush=True)
    return looks, int("".join(digit for digit in str(tab.evaluate(SEEN)) if digit.isdigit()))


def measure(url: str, data: Path, seconds: float) -> None:
    token = (data / "local-auth-token").read_text(encoding="ascii").strip()
    with watched_robot(url, "soak", cameras=("front", "top")) as robot, browsing(url, token) as browser:
        tab = browser.open(f"{url}/robots/soak/live")
        began, before = time.monotonic(), robot.cycles
        looks, seen = watch(tab, seconds)
        sent, took_s = robot.cycles - before, time.monotonic() - began
    first, last = looks[0], looks[-1]
    report = Report(f"The live page for {seconds:.0f} s: 50 Hz, two cameras")
    report.row("cycles sent", sent / took_s, unit="1/s")
    report.row("cycles seen", seen / took_s, unit="1/s")
    report.row("frames shown", last.urls_made / took_s, unit="1/s")
    # In the first minutes V8 compiles what runs hot, and keeps it; and each look meets another moment of the page.
    half = len(looks) // 2
    early, late = (median(one.heap_bytes for one in part) / MB for part in (looks[1 : half + 1], looks[half + 1 :]))
    grown = late - early
    report.row("heap when it was opened", first.heap_bytes / MB, unit="MB")
    report.row("heap in the first half", early, unit="MB")
    report.row("heap grown until the second half", grown, unit="MB", promise="< 1 MB", kept=grown < MOST_GROWTH_MB)
    report.row("nodes grown", last.nodes - first.nodes, unit="")
    report.row("listeners grown", last.listeners - first.listeners, unit="")
    report.row("object URLs left", last.urls_open, unit="", promise="<= 2", kept=last.urls_open <= CAMERAS)
    report.row("renderer's memory at the beginning", first.renderer_bytes / MB, unit="MB")
    report.row("renderer's memory grown", (last.renderer_bytes - first.renderer_bytes) / MB, unit="MB")


def main(seconds: float, url: str | None = None, data: str | None = None) -> None:
    if url is not None and data is not None:
        measure(url, Path(data), seconds)
        return
    with (
        tempfile.TemporaryDirectory() as directory,
        pilothouse("hub", "--data", directory, "--port", "0", "--host", "127.0.0.1") as running,
    ):
        measure(running.url, Path(directory), seconds)


if __name__ == "__main__":
    explain(__doc__)
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS, *sys.argv[2:4])
