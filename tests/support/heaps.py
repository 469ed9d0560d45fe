"""What a page of the UI keeps in memory, as Chromium counts it after it has collected its garbage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

COUNT_URLS = """
const made = URL.createObjectURL, freed = URL.revokeObjectURL;
window.objectUrls = {made: 0, freed: 0};
URL.createObjectURL = (blob) => { window.objectUrls.made += 1; return made.call(URL, blob); };
URL.revokeObjectURL = (url) => { window.objectUrls.freed += 1; freed.call(URL, url); };
"""


@dataclass(frozen=True)
class Kept:
    heap_bytes: int
    nodes: int
    listeners: int
    urls_made: int
    urls_open: int
    renderer_bytes: int
    """Private memory of the renderer's process: decoded pictures and blobs are not on JavaScript's heap."""


class Heap:
    """Looks at a page; ``COUNT_URLS`` must have been its init script."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self._page = page
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("HeapProfiler.enable")
        self._session.send("Performance.enable")
        self._browser = browser.new_browser_cdp_session()

    def look(self) -> Kept:
        for _ in range(3):  # what finalizers let go of is collected with the next one
            self._session.send("HeapProfiler.collectGarbage")
        used: Any = self._session.send("Runtime.getHeapUsage")
        metrics = {one["name"]: one["value"] for one in self._session.send("Performance.getMetrics")["metrics"]}
        urls = self._page.evaluate("window.objectUrls")
        return Kept(
            heap_bytes=int(used["usedSize"]),
            nodes=int(metrics["Nodes"]),
            listeners=int(metrics["JSEventListeners"]),
            urls_made=urls["made"],
            urls_open=urls["made"] - urls["freed"],
            renderer_bytes=self._renderer_bytes(),
        )

    def _renderer_bytes(self) -> int:
        """Of the largest renderer there is."""
        processes = self._browser.send("SystemInfo.getProcessInfo")["processInfo"]
        return max((_private(one["id"]) for one in processes if one["type"] == "renderer"), default=0)


def _private(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:")), 0)
