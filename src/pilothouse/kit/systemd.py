"""Tells systemd how the program is, in its own words, over the socket it gives: no library is needed for that."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Final

READY: Final = "READY=1"
STOPPING: Final = "STOPPING=1"
ALIVE: Final = "WATCHDOG=1"
US_PER_S = 1_000_000


def notify(state: str, environ: Mapping[str, str] | None = None) -> bool:
    """Say one thing; whether anybody was told. Without systemd it does nothing, and it never fails or waits."""
    address = (os.environ if environ is None else environ).get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    # An abstract socket is written with @, and has a zero byte in its place.
    path = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as told:
            told.setblocking(False)
            told.sendto(state.encode(), path)
    except OSError:
        return False
    return True


def watchdog_s(environ: Mapping[str, str] | None = None) -> float | None:
    """How often systemd wants to hear that this process is alive; None when it does not."""
    known = os.environ if environ is None else environ
    try:
        interval_us = int(known.get("WATCHDOG_USEC", ""))
        is_for_us = int(known.get("WATCHDOG_PID", os.getpid())) == os.getpid()
    except ValueError:
        return None
    return interval_us / US_PER_S if interval_us > 0 and is_for_us else None
