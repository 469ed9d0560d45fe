"""Who may call: on loopback everybody, elsewhere who has the token, and browsers' sockets with a ticket."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from pydantic import SecretStr
from starlette.requests import HTTPConnection

from pilothouse.guard.runtime import Runtime
from pilothouse.kit.errors import Forbidden
from pilothouse.web import is_loopback, require_local_token

TICKET_LIVES_S = 30.0
MOST_TICKETS = 1_000


class TokenNotSet(Forbidden):
    """Others can reach the guard at {host}, and it has no token: set PILOTHOUSE_GUARD_TOKEN, or listen on 127.0.0.1."""


async def only_from_here(connection: HTTPConnection) -> None:
    """Dependency where there is no token: a server that was told to listen everywhere serves this machine alone."""
    server = connection.scope.get("server")
    if server is not None and server[1] is not None and not is_loopback(server[0]):
        raise TokenNotSet(host=server[0])


class Tickets:
    """Short-lived, for one connection: browsers cannot send a header with a WebSocket."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._good_until: dict[str, float] = {}

    def issue(self) -> str:
        ticket = secrets.token_urlsafe(32)
        now_s = time.monotonic()
        with self._lock:
            alive = [(one, until) for one, until in self._good_until.items() if until > now_s]
            self._good_until = dict(alive[-(MOST_TICKETS - 1) :])
            self._good_until[ticket] = now_s + TICKET_LIVES_S
        return ticket

    def redeem(self, ticket: str) -> bool:
        """Whether it is good; it is not a second time."""
        with self._lock:
            return self._good_until.pop(ticket, 0.0) > time.monotonic()


class SocketAccess(HTTPBearer):
    """Dependency of a WebSocket: the token as Bearer, or ``?ticket=``; nothing when no token is configured."""

    def __init__(self, token: SecretStr | None, tickets: Tickets) -> None:
        super().__init__(auto_error=False, scheme_name="localToken", description="The token of this service")
        self._bearer = require_local_token(token)
        self._tickets = tickets

    async def __call__(self, connection: HTTPConnection) -> None:
        ticket = connection.query_params.get("ticket")
        if ticket is None or not self._tickets.redeem(ticket):
            await self._bearer(connection)


async def _runtime(connection: HTTPConnection) -> Runtime:
    return cast("Runtime", connection.app.state.runtime)


Running = Annotated[Runtime, Depends(_runtime)]


def caller(request: Request) -> str:
    """Who did it, for the record."""
    return request.client.host if request.client else "unknown"
