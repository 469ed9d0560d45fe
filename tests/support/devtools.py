"""Chromium by its own protocol, and what a page of it keeps in memory after its garbage was collected."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from websockets.sync.client import ClientConnection, connect

from tests.support.processes import eventually
from tests.support.visitors import FLAGS, installed

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


class DevTools:
    """One connection to a browser; questions are asked one after the other."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._asked = 0

    def ask(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        self._asked += 1
        question: dict[str, Any] = {"id": self._asked, "method": method, "params": params}
        self._socket.send(json.dumps(question | ({} if session is None else {"sessionId": session})))
        while True:
            said = json.loads(self._socket.recv(timeout=120))
            if said.get("id") == self._asked:
                assert "error" not in said, said
                found: dict[str, Any] = said["result"]
                return found

    def open(self, url: str) -> Tab:
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "HeapProfiler", "Performance"):
            self.ask(f"{domain}.enable", session)
        self.ask("Page.addScriptToEvaluateOnNewDocument", session, source=COUNT_URLS)
        self.ask("Page.navigate", session, url=url)
        return Tab(self, session)


@dataclass(frozen=True)
class Tab:
    tools: DevTools
    session: str

    def evaluate(self, expression: str) -> Any:
        return self.tools.ask("Runtime.evaluate", self.session, expression=expression)["result"].get("value")

    def wait_until(self, expression: str) -> None:
        eventually(lambda: self.evaluate(expression), deadline_s=60, what=expression)

    def look(self) -> Kept:
        for _ in range(3):  # what finalizers let go of is collected with the next one
            self.tools.ask("HeapProfiler.collectGarbage", self.session)
        used = self.tools.ask("Runtime.getHeapUsage", self.session)
        found = self.tools.ask("Performance.getMetrics", self.session)["metrics"]
        metrics = {one["name"]: int(one["value"]) for one in found}
        made, freed = (self.evaluate(f"window.objectUrls.{one}") for one in ("made", "freed"))
        processes = self.tools.ask("SystemInfo.getProcessInfo")["processInfo"]
        return Kept(
            heap_bytes=int(used["usedSize"]),
            nodes=metrics["Nodes"],
            listeners=metrics["JSEventListeners"],
            urls_made=made,
            urls_open=made - freed,
            renderer_bytes=max((_private(one["id"]) for one in processes if one["type"] == "renderer"), default=0),
        )


@contextmanager
def browsing(hub_url: str, token: str) -> Iterator[DevTools]:
    """A browser that is signed in at a hub."""
    own = (Path.home() / ".cache/ms-playwright").glob("chromium-*/chrome-linux*/chrome")
    path = installed() or next((str(one) for one in own), None)
    assert path is not None
    with tempfile.TemporaryDirectory() as profile:
        command = [path, "--headless=new", *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}"]
        process = subprocess.Popen([*command, "--window-size=1280,800", "about:blank"], stderr=subprocess.DEVNULL)
        try:
            told = Path(profile) / "DevToolsActivePort"
            eventually(lambda: told.exists() and len(told.read_text().split()) == 2, deadline_s=60, what="DevTools")
            port, place = told.read_text().split()
            with connect(f"ws://127.0.0.1:{port}{place}", max_size=None, proxy=None) as socket:
                tools = DevTools(socket)
                tools.ask("Storage.setCookies", cookies=_cookies(hub_url, token))
                yield tools
        finally:
            process.terminate()
            process.wait(30)


def _cookies(hub_url: str, token: str) -> list[dict[str, Any]]:
    url = f"{hub_url}/api/v1/auth/session"
    answer = httpx2.post(url, json={"token": token}, headers={"Origin": hub_url}, timeout=60)
    assert answer.status_code == 201, answer.text
    return [
        {"name": name, "value": value, "url": hub_url, "httpOnly": True, "sameSite": "Strict"}
        for name, value in answer.cookies.items()
    ]


def _private(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:")), 0)
