"""Debian's Chromium, told what to do over its DevTools protocol."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from websockets.sync.client import ClientConnection, connect

from tests.support.processes import eventually

ANSWER_S = 60.0


class Page:
    """One page of a browser; what it complains about is in ``complaints``."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "DOM", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            said = json.loads(self._socket.recv(timeout=ANSWER_S))
            if said.get("id") == number:
                assert "error" not in said, said["error"]
                return said["result"]
            self._hear(said)

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        eventually(lambda: self.evaluate("document.readyState") == "complete", what=url)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, awaited."""
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def choose_files(self, selector: str, *paths: Path) -> None:
        """As somebody does in a file dialog."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])

    def _hear(self, said: dict[str, Any]) -> None:
        method, about = said.get("method"), said.get("params", {})
        if method == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.complaints.append(about["entry"]["text"])
        if method == "Runtime.exceptionThrown":
            self.complaints.append(str(about["exceptionDetails"].get("exception", about)))


@contextmanager
def browser() -> Iterator[Page]:
    """A fresh browser with one empty page."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program is not None, "these tests need a browser: apt install chromium"
    with tempfile.TemporaryDirectory(prefix="pilothouse-browser-", ignore_cleanup_errors=True) as directory:
        flags = (
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--remote-debugging-port=0", f"--user-data-dir={directory}", "about:blank",
        )  # fmt: skip
        process = subprocess.Popen([program, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = eventually(lambda: _port(Path(directory)), what="the browser")
            targets = httpx2.get(f"http://127.0.0.1:{port}/json", timeout=30).json()
            address = next(one["webSocketDebuggerUrl"] for one in targets if one["type"] == "page")
            with connect(address, proxy=None, max_size=None) as socket:
                yield Page(socket)
        finally:
            process.terminate()
            process.wait(30)


def _port(directory: Path) -> str | None:
    try:
        return (directory / "DevToolsActivePort").read_text(encoding="ascii").split()[0]
    except (FileNotFoundError, IndexError):
        return None
