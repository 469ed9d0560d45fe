"""uvicorn without its command line: that imports click, 4.5 MiB that a robot has no use for."""

from __future__ import annotations

import socket
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_COMMAND_LINE = "uvicorn.main"


class _NoCommandLine(ModuleType):
    """Stands where `uvicorn/__init__.py` looks for names it passes on."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


def _import_uvicorn() -> None:
    sys.modules[_COMMAND_LINE] = _NoCommandLine(_COMMAND_LINE)
    try:
        import uvicorn
    finally:
        del sys.modules[_COMMAND_LINE]
    # Whoever does want the names gets the real ones.
    for name in ("Server", "main", "run"):
        vars(uvicorn).pop(name, None)
    vars(uvicorn)["__getattr__"] = _from_command_line


def _from_command_line(name: str) -> Any:
    if name in ("Server", "main", "run"):
        return getattr(import_module(_COMMAND_LINE), name)
    raise AttributeError(name)


if "uvicorn" not in sys.modules:
    _import_uvicorn()

from uvicorn import server  # noqa: E402
from uvicorn.config import Config  # noqa: E402


class Server(server.Server):
    """uvicorn whose connections, once it has ended, do not keep the port from the next process."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # Connections have what the socket has that accepts them; see `process.bind` for why it has not had it before.
        for one in sockets or ():
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        await super().startup(sockets)


__all__ = ["Config", "Server"]
