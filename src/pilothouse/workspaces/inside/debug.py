"""Runs a Python program under debugpy inside a sandbox, and connects it to the session's door.

The debugger listens where only this sandbox reaches it. This program, beside it and never stopped by it, calls out to
the door, a socket it is shown; what comes in there goes to the debugger. It needs the standard library alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from types import FrameType

CHUNK = 65_536
MOST_ADDRESS_BYTES = 107
# So long the last words of the debugger may take to whoever listens.
FAREWELL_S = 3.0
DEBUGGEE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "debuggee.py")  # noqa: PTH100, PTH118, PTH120
TAKE_A_VALUE = ("-X", "-W")


def interpreter_and_program(words: list[str]) -> tuple[list[str], list[str]]:
    """Which Python, with which options, is to run what: of `python -X dev -m pytest`, of `app.py`, of `pytest`."""
    first = words[0]
    name = os.path.basename(first)  # noqa: PTH119 - a word of a command line
    if name.startswith(("python", "pypy")):
        rest = words[1:]
        count = 0
        while count < len(rest) and rest[count].startswith("-") and rest[count] not in ("-m", "-c", "-"):
            count += 2 if rest[count] in TAKE_A_VALUE else 1
        return [first, *rest[:count]], rest[count:]
    if first in ("-m", "-c") or first.endswith(".py"):
        return ["python3"], words
    script = shutil.which(first)
    if script is None:
        return ["python3"], words
    return [_interpreter_of(script)], [script, *words[1:]]


def _interpreter_of(script: str) -> str:
    with open(script, "rb") as file:  # noqa: PTH123 - as above
        line = file.readline(500).decode(errors="replace").strip()
    words = line[2:].split() if line.startswith("#!") else []
    if words and os.path.basename(words[0]) == "env":  # noqa: PTH119
        words = words[1:]
    return words[0] if words and "python" in words[0] else "python3"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def connect_to(outward: socket.socket, door: str) -> None:
    """As ``connect``, also where the path is longer than the address of a socket may be."""
    if len(os.fsencode(door)) <= MOST_ADDRESS_BYTES:
        outward.connect(door)
        return
    place, name = os.path.split(door)
    directory = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        outward.connect(f"/proc/self/fd/{directory}/{name}")
    finally:
        os.close(directory)


class Caller(threading.Thread):
    """Keeps a line to the door open; when somebody speaks on it, it is joined with the debugger."""

    def __init__(self, door: str, port: int) -> None:
        super().__init__(daemon=True)
        self._door = door
        self._port = port
        self._ended = threading.Event()
        self.idle = threading.Event()
        self.idle.set()

    def end(self) -> None:
        self._ended.set()

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                with socket.socket(socket.AF_UNIX) as outward:
                    connect_to(outward, self._door)
                    first = outward.recv(CHUNK)
                    if first:
                        self._join(outward, first)
            except OSError:
                self._ended.wait(0.2)
            finally:
                self.idle.set()

    def _join(self, outward: socket.socket, first: bytes) -> None:
        self.idle.clear()
        with socket.create_connection(("127.0.0.1", self._port)) as inward:
            inward.sendall(first)
            back = threading.Thread(target=_pump, args=(inward, outward), daemon=True)
            back.start()
            _pump(outward, inward)
            # Nobody is left to hear the rest.
            back.join(FAREWELL_S)
            with contextlib.suppress(OSError):
                inward.shutdown(socket.SHUT_RDWR)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(CHUNK):
            target.sendall(content)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def main(words: list[str]) -> int:
    """`DOOR DEBUGPY wait|go PROGRAM …`; the exit code is the program's."""
    door, debugpy, waits, *program = words
    interpreter, target = interpreter_and_program(program)
    port = _free_port()
    options = ["--listen", f"127.0.0.1:{port}", *(["--wait-for-client"] if waits == "wait" else [])]
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    listening, ready = os.pipe()
    command = [*interpreter, DEBUGGEE, debugpy, str(ready), *options, *target]
    try:
        child = subprocess.Popen(command, env=environment, pass_fds=(ready,))  # noqa: S603 - that is what was asked for
    except OSError as error:
        print(f"pilothouse-debug: {interpreter[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 - a program
        return 127
    os.close(ready)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, pass_on)
    caller = Caller(door, port)
    if os.read(listening, 1):
        caller.start()
    code = child.wait()
    caller.idle.wait(FAREWELL_S)
    caller.end()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
