"""systemd is told in its own words, and its absence changes nothing."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilothouse.kit.systemd import ALIVE, READY, notify, watchdog_s


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@pilothouse-{tmp_path.name}-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(name.replace("@", "\0", 1))
        heard.settimeout(10)
        yield heard, name


def test_what_is_said_arrives(listener: tuple[socket.socket, str]) -> None:
    heard, name = listener

    assert notify(READY, {"NOTIFY_SOCKET": name})
    assert notify(ALIVE, {"NOTIFY_SOCKET": name})
    assert [heard.recv(100), heard.recv(100)] == [b"READY=1", b"WATCHDOG=1"]


@pytest.mark.parametrize("address", [None, "", "relative", "/nowhere/at/all", "vsock:2:1234"])
def test_without_a_listener_nothing_happens(address: str | None) -> None:
    assert not notify(READY, {} if address is None else {"NOTIFY_SOCKET": address})


def test_a_listener_that_does_not_listen_holds_nobody_up(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "notify"))
        told = [notify(ALIVE, {"NOTIFY_SOCKET": str(tmp_path / "notify")}) for _ in range(3000)]

    assert told[0]
    assert not told[-1]


@pytest.mark.parametrize(
    ("environ", "interval_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "10000000"}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_interval_is_that_of_this_process(environ: dict[str, str], interval_s: float | None) -> None:
    assert watchdog_s(environ) == interval_s
