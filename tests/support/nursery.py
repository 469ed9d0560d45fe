"""Programs that are born loaded: forked from one process that has imported a hub, which takes each of them seconds.

Each is a process of its own, with its own arguments, environment, directory and files, ended and killed like any other.
That programs load from nothing is tested where a shell starts them: the guides, the demo, the base install.
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

KINDS = ("hub", "worker")
# Asking more often whether a program has ended helps nobody.
LOOK_S = 0.01


class Born:
    """A program of the nursery, as `subprocess.Popen` would show it."""

    def __init__(self, nursery: Nursery, pid: int, stdout: IO[bytes] | None) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._nursery = nursery

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.code_of(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(f"pid {self.pid}", timeout or 0)
            time.sleep(LOOK_S)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The loaded process, from the first program on until the tests end: it goes when nobody holds the other end."""

    def __init__(self) -> None:
        self._asking, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        self._codes: dict[int, int] = {}
        with theirs:
            command = [sys.executable, "-c", "from tests.support import nursery; nursery.main()", str(theirs.fileno())]
            place = Path(__file__).parents[2]
            self._process = subprocess.Popen(command, cwd=place, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)

    def bear(
        self, arguments: list[str], *, stderr: int, env: Mapping[str, str], cwd: Path | None, stdout: int | None = None
    ) -> Born:
        """`pilothouse ARGUMENTS…`, started; its standard output is a pipe where no file is given for it."""
        if stdout is None:
            reading, writing = os.pipe()
            try:
                born = self.bear(arguments, stderr=stderr, env=env, cwd=cwd, stdout=writing)
            finally:
                os.close(writing)
            born.stdout = os.fdopen(reading, "rb", buffering=0)
            return born
        wanted = {"arguments": arguments, "env": dict(env), "cwd": str(cwd or Path.cwd())}
        # In a file: a packet has less room than an environment may take.
        letter = os.memfd_create("wanted")
        os.pwrite(letter, json.dumps(wanted).encode(), 0)
        with self._lock:
            socket.send_fds(self._asking, [b"one"], [letter, stdout, stderr])
            while "pid" not in (said := self._said()):
                self._codes[said["ended"]] = said["code"]
        os.close(letter)
        return Born(self, said["pid"], None)

    def code_of(self, pid: int) -> int | None:
        """How a program ended, negative by a signal; None while it runs."""
        with self._lock:
            self._asking.setblocking(False)
            try:
                while True:
                    said = self._said()
                    self._codes[said["ended"]] = said["code"]
            except BlockingIOError:
                return self._codes.pop(pid, None)
            finally:
                self._asking.setblocking(True)

    def _said(self) -> dict[str, int]:
        packet = self._asking.recv(1024)
        assert packet, "the nursery is gone"
        found: dict[str, int] = json.loads(packet)
        return found


def main() -> None:
    """Load, then fork one program after the other; in each of them, become it."""
    from pilothouse.kit.memory import loading

    asked = socket.socket(fileno=int(sys.argv[1]))
    sys.path.remove("")  # it would be wherever a program is
    with loading():
        import pilothouse.cli.app
        import pilothouse.cli.hub.app
        import pilothouse.cli.worker
        import pilothouse.hub.app
        import pilothouse.web.process
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    arguments = _serve(asked, woken)
    if arguments is not None:
        os.close(waking)
        sys.argv = ["pilothouse", *arguments]
        pilothouse.cli.main()


def _serve(asked: socket.socket, woken: int) -> list[str] | None:
    """What this process is to become, in a child; None at the end of the nursery."""
    import selectors

    with selectors.DefaultSelector() as selector:
        selector.register(asked, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd == woken:
                    os.read(woken, 1024)
                    _tell_who_ended(asked)
                    continue
                said, files, _flags, _address = socket.recv_fds(asked, 16, 3)
                if not said:
                    return None
                pid = os.fork()
                if pid == 0:
                    selector.close()
                    asked.close()
                    os.close(woken)
                    return _become(*files)
                for file in files:
                    os.close(file)
                asked.send(json.dumps({"pid": pid}).encode())


def _tell_who_ended(asked: socket.socket) -> None:
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            asked.send(json.dumps({"ended": ended[0], "code": os.waitstatus_to_exitcode(ended[1])}).encode())
    except ChildProcessError:
        pass


def _become(letter: int, stdout: int, stderr: int) -> list[str]:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    wanted = json.loads(os.pread(letter, os.fstat(letter).st_size, 0))
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    for file in (letter, stdout, stderr):
        os.close(file)
    os.environ.clear()
    os.environ.update(wanted["env"])
    os.chdir(wanted["cwd"])
    # What is there now remembers whether it could be sought in: what stood here before may have been a file.
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.FileIO(number, "wb", closefd=False), "utf-8", errors, write_through=True)
        for number, errors in ((1, "strict"), (2, "backslashreplace"))
    )
    arguments: list[str] = wanted["arguments"]
    return arguments
