"""Start the real programs, as a person or systemd would, and stop them again."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from pilothouse.kit.errors import Unavailable

# A machine that does much else loads the hub in a minute; one that cannot start says so at once.
READY_WITHIN_S = 120.0
STOP_WITHIN_S = 5.0
LOG_TAIL_LINES = 12


class NotReady(Unavailable):
    """The {name} did not become ready: {reason}
    Its log is {log}"""


class Program:
    """One Pilothouse program in a process of its own, driven by the process contract alone."""

    def __init__(
        self, name: str, arguments: list[str], *, log: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._settings = settings or {}
        self.log = log
        self.url = ""
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 — our own program with arguments we made
                [sys.executable, "-c", "from pilothouse.cli import main; main()", *self._arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env={**_environment(), **self._settings},
                start_new_session=True,  # Ctrl-C reaches us alone; we stop the programs in order
            )
        try:
            self.url = self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> int | None:
        """End it as its contract says, SIGTERM first; the exit code, 0 when it ended cleanly."""
        process = self._process
        if process is None:
            return None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()
        return process.returncode

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> str:
        assert process.stdout is not None
        said = b""
        deadline = time.monotonic() + READY_WITHIN_S
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while selector.select(max(0.0, deadline - time.monotonic())):
                piece = os.read(process.stdout.fileno(), 4096)
                said += piece
                if url := _ready_url(said):
                    return url
                if not piece:
                    raise NotReady(name=self.name, reason=self._last_words(), log=self.log)
        raise NotReady(name=self.name, reason=f"no answer within {READY_WITHIN_S:.0f} s.", log=self.log)

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return " ".join(lines[-LOG_TAIL_LINES:]) or "it ended without a word."


def _ready_url(said: bytes) -> str | None:
    complete = said.decode(errors="replace").split("\n")[:-1]
    return next((line.removeprefix("ready ").strip() for line in complete if line.startswith("ready ")), None)


def _environment() -> dict[str, str]:
    # Settings of the shell belong to somebody's own hub or recorder; the demo brings its own.
    foreign = ("PILOTHOUSE_", "MD_", "AUTH_MODE", "LOCAL_AUTH_TOKEN", "RATE_LIMIT_", "SECURITY_HEADER_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
