"""The emergency stop of the real program, while everything around it hangs."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.processes import Program, eventually, pilothouse
from tests.support.served_guards import stack_of

ROBOT = """
import ctypes, os, signal, time
from pathlib import Path

HERE = Path(__file__).parent
LOG = os.open(HERE / "told.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)


def note(words):
    os.write(LOG, f"{time.monotonic_ns()} {words}\\n".encode())


def observe():
    return [0.0, 0.0]


def policy(observation):
    if (HERE / "sleep").exists():
        note("asleep")
        time.sleep(10)
    if (HERE / "keep").exists():
        note("keeping")
        ctypes.PyDLL(None).sleep(10)  # a C call that keeps Python's interpreter lock
        note("let-go")
    if (HERE / "kill").exists():
        (HERE / "kill").unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return [0.01, 0.01]


def other(observation):
    note("other")
    return [0.0, 0.02]


def unless_the_disk_hangs(do):
    def call(*given):
        if (HERE / "hang-disk").exists():
            note("disk")
        while (HERE / "hang-disk").exists():
            time.sleep(0.05)
        return do(*given)
    return call


class Broken:
    def __init__(self):
        raise RuntimeError("no weights")


class Sink:
    def __init__(self):
        # What brings recordings to the disk in this process, the guard's.
        for name in ("writev", "fsync"):
            setattr(os, name, unless_the_disk_hangs(getattr(os, name)))

    def apply(self, action):
        note("apply")
        if (HERE / "hang").exists():
            time.sleep(60)

    def emergency_stop(self):
        note("estop")

    def stop(self):
        note("stop")
"""


class Robot:
    """A guard as a process, and what its robot was told."""

    def __init__(self, program: Program, directory: Path) -> None:
        self.program, self.directory = program, directory

    @property
    def told(self) -> list[str]:
        file = self.directory / "told.log"
        return [line.split()[1] for line in file.read_text().splitlines()] if file.exists() else []

    def post(self, path: str) -> dict[str, Any]:
        request = urllib.request.Request(self.program.url + path, method="POST")
        with urllib.request.urlopen(request, timeout=20) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    @property
    def status(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.program.url + "/api/control/status", timeout=20) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def failures(self) -> list[str | None]:
        """What failed in each of the latest cycles."""
        with urllib.request.urlopen(self.program.url + "/api/telemetry/history?n=1000", timeout=20) as answer:
            return [event["failure_type"] for event in json.load(answer)["events"]]

    def moving(self) -> None:
        self.post("/api/control/start")
        eventually(lambda: self.told.count("apply") > 3, what="actions")

    def moves_again(self) -> list[str]:
        """After a reset; what the robot was told since."""
        self.post("/api/control/reset")
        told = len(self.told)
        self.post("/api/control/start")
        eventually(lambda: "apply" in self.told[told:], what="the robot to move again")
        return self.told[told:]

    def begin(self, what: str, word: str) -> None:
        """From now on the robot's code hangs; until it does."""
        (self.directory / what).touch()
        seen = self.told.count(word)
        eventually(lambda: self.told.count(word) > seen, what=word)


@contextmanager
def robot(tmp_path: Path, policy: Mapping[str, Any] | None = None, **settings: Any) -> Iterator[Robot]:
    (tmp_path / "robot_of_a_test.py").write_text(ROBOT)
    stack = stack_of(
        sources={"arm": {"type": "python", "function": "robot_of_a_test:observe", "rate_hz": 100}},
        sinks={"arm": {"type": "python", "function": "robot_of_a_test:Sink"}},
        policy={"type": "python", "function": "robot_of_a_test:policy", **(policy or {})},
        loopback={"backend": "mcap"},
    )
    file = tmp_path / "stack.yaml"
    file.write_text(yaml.safe_dump(stack))
    # The watchdog would stop the robot too: here only the stop that was asked for shall.
    patient = {"PILOTHOUSE_POLICY_TIMEOUT_S": "60", "PILOTHOUSE_WATCHDOG_TIMEOUT_S": "60", **settings}
    with pilothouse("guard", "run", file, "--data", tmp_path / "data", "--port", "0", env=patient) as program:
        yield Robot(program, tmp_path)


@contextmanager
def hanging_clients(url: str, count: int) -> Iterator[None]:
    """Clients that begin a request, or a WebSocket, and never go on; and those that never read."""
    host, port = url.removeprefix("http://").split(":")
    upgrade = (
        "GET /ws/telemetry HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    half = "POST /api/boundaries HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"
    sockets = []
    for number in range(count):
        one = socket.create_connection((host, int(port)))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        one.sendall((upgrade if number % 2 else half).encode())
        sockets.append(one)
    try:
        yield
    finally:
        for one in sockets:
            one.close()


def test_it_reaches_the_sink_while_the_policy_sleeps_and_fifty_clients_hang(tmp_path: Path) -> None:
    with robot(tmp_path) as arm:
        arm.moving()
        with hanging_clients(arm.program.url, 50):
            arm.begin("sleep", "asleep")

            answer = arm.post("/api/control/estop")

            assert (answer["state"], answer["emergency"]["sinks_told"]) == ("emergency", True)
            assert arm.told[-1] == "estop"
            assert arm.status["state"] == "emergency"


def test_a_signal_reaches_the_sink_while_the_sink_hangs(tmp_path: Path) -> None:
    with robot(tmp_path) as arm:
        arm.moving()
        arm.begin("hang", "apply")

        os.kill(arm.program.pid, signal.SIGUSR2)

        eventually(lambda: arm.told[-1] == "estop", what="the stop")
        assert arm.status["emergency"]["source"] == "signal"


def test_a_message_on_a_websocket_reaches_the_sink_and_it_latches_until_it_is_reset(tmp_path: Path) -> None:
    with robot(tmp_path) as arm:
        arm.moving()

        by_websocket(arm)

        assert arm.told[-1] == "estop"
        assert arm.status["emergency"]["source"] == "websocket"
        with pytest.raises(urllib.error.HTTPError, match="409"):
            arm.post("/api/control/start")
        assert "estop" not in arm.moves_again()


def children(pid: int) -> set[int]:
    """The processes a process has begun."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


def by_rest(arm: Robot) -> None:
    arm.post("/api/control/estop")


def by_websocket(arm: Robot) -> None:
    from websockets.sync.client import connect

    # Without an end to what may wait unread: nobody reads here, and closing waits for what was sent.
    with connect(arm.program.url.replace("http", "ws") + "/ws/telemetry", max_queue=None) as client:
        client.send('{"type": "estop"}')
        eventually(lambda: arm.told[-1] == "estop", what="the stop")


def by_signal(arm: Robot) -> None:
    os.kill(arm.program.pid, signal.SIGUSR2)


@pytest.mark.parametrize("way", [by_rest, by_websocket, by_signal])
def test_it_reaches_the_sink_while_the_policy_keeps_the_interpreter(
    tmp_path: Path, way: Callable[[Robot], None]
) -> None:
    with robot(tmp_path) as arm:
        arm.moving()
        arm.begin("keep", "keeping")

        way(arm)

        eventually(lambda: "estop" in arm.told, what="the stop")
        assert "let-go" not in arm.told
        (tmp_path / "keep").unlink()
        arm.moves_again()


def test_a_policy_that_keeps_the_interpreter_is_killed_by_the_watchdog_and_begun_again_after_a_reset(
    tmp_path: Path,
) -> None:
    with robot(tmp_path, PILOTHOUSE_POLICY_TIMEOUT_S="0.3") as arm:
        arm.moving()
        (policy,) = children(arm.program.pid)
        arm.begin("keep", "keeping")

        eventually(lambda: "estop" in arm.told, what="the watchdog")
        assert arm.status["emergency"]["source"] == "watchdog"
        eventually(lambda: policy not in children(arm.program.pid), what="the end of the policy")
        assert "let-go" not in arm.told
        (tmp_path / "keep").unlink()
        arm.moves_again()
        assert "let-go" not in arm.told


def test_a_policy_whose_process_is_killed_stops_the_robot_until_it_is_reset(tmp_path: Path) -> None:
    with robot(tmp_path) as arm:
        arm.moving()
        (tmp_path / "kill").touch()

        eventually(lambda: "estop" in arm.told, what="the stop")
        emergency = eventually(lambda: arm.status["emergency"], what="the cause")
        assert (emergency["source"], "SIGKILL" in emergency["reason"]) == ("policy", True)
        arm.moves_again()


def test_a_policy_that_may_be_begun_again_is_while_the_fallback_holds(tmp_path: Path) -> None:
    with robot(tmp_path, {"restarts": 1}) as arm:
        arm.moving()
        (tmp_path / "kill").touch()

        eventually(lambda: not (tmp_path / "kill").exists(), what="the end of the policy")
        eventually(lambda: "policy_away" in arm.failures(), what="a cycle without a policy")
        eventually(lambda: arm.failures()[-1] is None, what="the policy to be back")
        assert arm.status["state"] == "running"
        assert "estop" not in arm.told


def test_a_reload_swaps_the_policy_while_the_robot_moves(tmp_path: Path) -> None:
    with robot(tmp_path) as arm:
        arm.moving()
        file = tmp_path / "stack.yaml"
        file.write_text(file.read_text().replace("robot_of_a_test:policy", "robot_of_a_test:other"))

        answer = arm.post("/api/control/reload")

        assert answer["ok"] is True
        eventually(lambda: "other" in arm.told, what="the other policy")
        assert arm.status["state"] == "running"
        assert "estop" not in arm.told


def test_a_policy_that_cannot_be_begun_leaves_the_one_that_acts(tmp_path: Path) -> None:
    with robot(tmp_path) as arm:
        arm.moving()
        file = tmp_path / "stack.yaml"
        file.write_text(file.read_text().replace("robot_of_a_test:policy", "robot_of_a_test:Broken"))

        with pytest.raises(urllib.error.HTTPError, match="422") as refused:
            arm.post("/api/control/reload")

        assert "RuntimeError: no weights" in json.load(refused.value)["detail"]
        applied = arm.told.count("apply")
        eventually(lambda: arm.told.count("apply") > applied, what="the robot to go on")


@pytest.mark.parametrize("way", [by_rest, by_websocket, by_signal])
def test_it_reaches_the_sink_while_the_disk_hangs(tmp_path: Path, way: Callable[[Robot], None]) -> None:
    with robot(tmp_path) as arm, closing(sqlite3.connect(tmp_path / "data/risk.db")) as log:
        arm.moving()
        # Nobody else can write the risk log, and whoever writes a recording waits.
        log.execute("BEGIN EXCLUSIVE")
        arm.begin("hang-disk", "disk")

        way(arm)

        eventually(lambda: "estop" in arm.told, what="the stop")
        log.rollback()
        (tmp_path / "hang-disk").unlink()


@pytest.mark.parametrize("way", [by_rest, by_websocket, by_signal])
def test_it_reaches_the_sink_while_the_disk_is_full(tmp_path: Path, way: Callable[[Robot], None]) -> None:
    with robot(tmp_path) as arm:
        arm.moving()
        recorded = tmp_path / "data/sessions"
        eventually(lambda: sum(one.stat().st_size for one in recorded.glob("*")) > 24 << 10, what="a recording")
        # No file of this size can grow; the log of what the robot was told is far smaller.
        resource.prlimit(arm.program.pid, resource.RLIMIT_FSIZE, (24 << 10, resource.RLIM_INFINITY))
        eventually(lambda: "session not recorded" in arm.program.stderr, what="the full disk")

        way(arm)

        eventually(lambda: "estop" in arm.told, what="the stop")
        assert arm.status["state"] == "emergency"


@pytest.mark.parametrize(("what", "word", "part"), [("sleep", "asleep", "policy"), ("hang", "apply", "sink")])
def test_what_hangs_is_stopped_by_the_watchdog(tmp_path: Path, what: str, word: str, part: str) -> None:
    impatient = {"PILOTHOUSE_POLICY_TIMEOUT_S": "0.3", "PILOTHOUSE_WATCHDOG_TIMEOUT_S": "0.3"}
    with robot(tmp_path, **impatient) as arm:
        arm.moving()
        arm.begin(what, word)

        eventually(lambda: arm.told[-1] == "estop", what="the watchdog")
        emergency = arm.status["emergency"]
        assert (emergency["source"], part in emergency["reason"]) == ("watchdog", True)


@pytest.mark.parametrize("what", ["", "sleep", "hang"])
def test_sigterm_stops_the_sink_and_ends_the_program(tmp_path: Path, what: str) -> None:
    with robot(tmp_path) as arm:
        arm.moving()
        if what:
            arm.begin(what, {"sleep": "asleep", "hang": "apply"}[what])

        assert arm.program.stop() == 0
        assert arm.told[-1] == "stop"


def test_a_reload_by_signal_keeps_the_robot_moving(tmp_path: Path) -> None:
    with robot(tmp_path) as arm:
        arm.moving()
        before = arm.status["config_hash"]
        text = (tmp_path / "stack.yaml").read_text()
        (tmp_path / "stack.yaml").write_text(text.replace("velocity_rad_s: 2.0", "velocity_rad_s: 1.0"))

        os.kill(arm.program.pid, signal.SIGHUP)

        now = eventually(lambda: (found := arm.status)["config_hash"] != before and found, what="the reload")
        assert (now["state"], now["last_reload"]["ok"]) == ("running", True)
