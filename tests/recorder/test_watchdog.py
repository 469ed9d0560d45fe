"""systemd hears that the recorder works for as long as it does, and not a moment longer."""

from __future__ import annotations

import configparser
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilothouse.kit.clock import NS_PER_S
from pilothouse.recorder.watchdog import STUCK_S, Health, Vitals
from tests.support.processes import eventually, pilothouse
from tests.support.robots import running_robot

UNIT = Path(__file__).parents[2] / "deploy" / "pilothouse-recorder.service"
STUCK_NS = round((STUCK_S + 1) * NS_PER_S)


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[tuple[socket.socket, dict[str, str]]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(30)
        yield heard, {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}


def test_a_real_recorder_says_ready_then_alive_then_stopping(
    systemd: tuple[socket.socket, dict[str, str]], tmp_path: Path
) -> None:
    heard, environ = systemd
    with pilothouse("recorder", "run", "--data", tmp_path / "data", "--port", "0", env=environ, ready=False) as program:
        said = [heard.recv(100).decode() for _ in range(4)]
        program.wait_ready()
        program.process.send_signal(signal.SIGTERM)
        while said[-1] != "STOPPING=1":
            said.append(heard.recv(100).decode())
        assert program.wait() == 0

    assert said.count("READY=1") == said.count("STOPPING=1") == 1
    assert said.count("WATCHDOG=1") >= 3


def test_a_recorder_that_stands_still_is_not_alive(
    systemd: tuple[socket.socket, dict[str, str]], tmp_path: Path
) -> None:
    heard, environ = systemd
    with pilothouse("recorder", "run", "--data", tmp_path / "data", "--port", "0", env=environ) as program:
        os.kill(program.pid, signal.SIGSTOP)
        heard.settimeout(1.0)
        assert any(is_silent(heard) for _ in range(1000))
        os.kill(program.pid, signal.SIGCONT)
        heard.settimeout(30)
        assert any(heard.recv(100) == b"WATCHDOG=1" for _ in range(3))


def is_silent(heard: socket.socket) -> bool:
    try:
        heard.recv(100)
    except TimeoutError:
        return True
    return False


def test_a_working_recorder_is_healthy_however_long_it_is_idle() -> None:
    health = Health()
    trouble = [health.trouble(Vitals(True, now, None), now) for now in range(0, 10 * STUCK_NS, STUCK_NS)]

    assert trouble == [None] * 10


def test_what_stands_still_is_trouble() -> None:
    assert Health().trouble(Vitals(False, 0, None), 0) == "a thread has died"
    assert Health().trouble(Vitals(True, 0, None), STUCK_NS) == "the counters cannot be read"

    health = Health()
    assert health.trouble(Vitals(True, 10 * STUCK_NS, 7), 10 * STUCK_NS) is None, "it may just have come in"
    assert health.trouble(Vitals(True, 11 * STUCK_NS, 8), 11 * STUCK_NS) is None, "another one: it moves"
    assert health.trouble(Vitals(True, 12 * STUCK_NS, 8), 12 * STUCK_NS) == "a chunk is not sealed"
    assert health.trouble(Vitals(True, 13 * STUCK_NS, None), 13 * STUCK_NS) is None


def test_the_vitals_of_a_recorder_say_what_has_stopped(tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot:
        vitals = robot.recorder.vitals
        robot.say(0)
        assert vitals().threads_live

        robot.recorder.ring._sealer.stop()
        eventually(lambda: not vitals().threads_live, what="the end of the sealing thread to show")


def test_vitals_move_while_the_counters_can_be_read_and_stand_still_while_not(tmp_path: Path) -> None:
    with running_robot(tmp_path) as robot:
        first = robot.recorder.vitals().sampled_at_ns
        eventually(lambda: robot.recorder.vitals().sampled_at_ns > first, what="another sample")


def test_the_unit_asks_for_what_the_recorder_says() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(UNIT)

    assert unit["Service"]["Type"] == "notify"
    assert int(unit["Service"]["WatchdogSec"]) >= 2 * STUCK_S
    assert unit["Service"]["MemoryMax"]
    assert "-HUP" in unit["Service"]["ExecReload"]
    # Without it getifaddrs fails, and Zenoh finds no interface on which to look for peers.
    assert "AF_NETLINK" in unit["Service"]["RestrictAddressFamilies"].split()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    text = UNIT.read_text().replace("/opt/pilothouse/bin/pilothouse", shutil.which("true") or "/bin/true")
    (tmp_path / UNIT.name).write_text(text)

    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / UNIT.name], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")
