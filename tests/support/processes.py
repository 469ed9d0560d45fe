"""Run pilothouse programs as a user would: real processes, stopped by pid, never left behind."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, TypeVar

from tests.support.nursery import KINDS, Born, Nursery

PILOTHOUSE = Path(sys.executable).with_name("pilothouse")
DEADLINE_S = 60.0
FORKS = sys.platform == "linux"

Found = TypeVar("Found")


class NotReady(AssertionError):
    """A program ended or fell silent before its `ready` line; carries what it wrote to standard error."""


class Program:
    """One running program: `.url` once it is ready, `.stderr` at any time, `.stop()` for a clean end."""

    def __init__(self, command: list[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the program; a pipe could fill up
        self.process = _started(command, self._log.fileno(), _environment(env), cwd)
        self.stdout = ""
        self.url = ""

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def stderr(self) -> str:
        """Everything written to standard error so far."""
        size = self._log.seek(0, os.SEEK_END)
        return os.pread(self._log.fileno(), size, 0).decode(errors="replace")

    def wait_ready(self, deadline_s: float = DEADLINE_S) -> Program:
        """Read standard output up to the `ready URL` line."""
        assert self.process.stdout is not None
        until = time.monotonic() + deadline_s
        while (line := self._line(self.process.stdout, until)) is not None:
            if line.startswith("ready "):
                self.url = line.split()[1]
                return self
        code = self.process.poll()
        raise NotReady(f"no ready line (exit code {code}); stdout {self.stdout!r}; stderr:\n{self.stderr}")

    def _line(self, stream: IO[bytes], until: float) -> str | None:
        start = len(self.stdout)
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while "\n" not in self.stdout[start:]:
                if not selector.select(max(0.0, until - time.monotonic())):
                    return None
                piece = os.read(stream.fileno(), 1)
                if not piece:
                    return None
                self.stdout += piece.decode()
        return self.stdout[start:].strip()

    def wait(self, deadline_s: float = DEADLINE_S) -> int:
        """The exit code, once it has ended."""
        return self.process.wait(deadline_s)

    def stop(self, deadline_s: float = DEADLINE_S) -> int:
        """SIGTERM, then the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait(deadline_s)

    def kill(self) -> None:
        """`kill -9`, and wait until it is gone."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE_S)

    def close(self) -> None:
        """End it whatever state it is in, and free its pipes."""
        self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()


@contextmanager
def pilothouse(
    *arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None, ready: bool = True
) -> Iterator[Program]:
    """`pilothouse ARGUMENTS…` as a process that is ready to serve (or merely started, with ready=False)."""
    with running([str(PILOTHOUSE), *map(str, arguments)], env=env, cwd=cwd, ready=ready) as program:
        yield program


@contextmanager
def running(
    command: list[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None, ready: bool = True
) -> Iterator[Program]:
    """Any command with the process contract; it never outlives the block."""
    program = Program(command, env=env, cwd=cwd)
    try:
        yield program.wait_ready() if ready else program
    finally:
        program.close()


def ran(
    *arguments: object,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    deadline_s: float = DEADLINE_S,
) -> subprocess.CompletedProcess[str]:
    """`pilothouse ARGUMENTS…`, a command that ends by itself, and what it said; ``env`` is all it has of one."""
    words, variables = list(map(str, arguments)), dict(os.environ if env is None else env)
    if not FORKS:
        command = [str(PILOTHOUSE), *words]
        return subprocess.run(command, capture_output=True, text=True, env=variables, cwd=cwd, timeout=deadline_s)
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        born = _nursery().bear(words, stdout=stdout.fileno(), stderr=stderr.fileno(), env=variables, cwd=cwd)
        try:
            code = born.wait(deadline_s)
        finally:
            born.kill()
        said = [os.pread(one.fileno(), os.fstat(one.fileno()).st_size, 0).decode() for one in (stdout, stderr)]
    return subprocess.CompletedProcess(words, code, *said)


def eventually(probe: Callable[[], Found | None], *, deadline_s: float = DEADLINE_S, what: str = "it") -> Found:
    """Ask again and again until the answer is truthy; fails with the last answer at the deadline."""
    until = time.monotonic() + deadline_s
    while True:
        found = probe()
        if found:
            return found
        assert time.monotonic() < until, f"waited {deadline_s} s for {what}; last answer: {found!r}"
        time.sleep(0.02)


def resident_bytes(pid: int) -> int:
    """The resident memory of a process (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def _started(
    command: list[str], stderr: int, env: Mapping[str, str], cwd: Path | None
) -> subprocess.Popen[bytes] | Born:
    if FORKS and command[0] == str(PILOTHOUSE) and command[1] in KINDS:
        return _nursery().bear(command[1:], stderr=stderr, env=env, cwd=cwd)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, env=env, cwd=cwd, bufsize=0)


@cache
def _nursery() -> Nursery:
    return Nursery()


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    # Settings of the person who runs the tests must not reach the programs under test.
    own = ("PILOTHOUSE_", "MD_", "RATE_LIMIT_", "RQ_", "LOCAL_AUTH_", "AUTH_MODE", "SECURITY_HEADER_")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    return {**inherited, "PYTHONUNBUFFERED": "1", **(extra or {})}
