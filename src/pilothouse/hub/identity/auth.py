"""Aliases for the signatures of routes: who may call, and which session they get."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header
from fastapi.security import HTTPBasic, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection, Request

from pilothouse.hub.composition import Hub
from pilothouse.hub.db import RequestKey
from pilothouse.hub.identity.domain import Caller
from pilothouse.hub.identity.service import Identity
from pilothouse.web import Credentials


def _this_hub(connection: HTTPConnection) -> Hub:
    hub = connection.app.state.hub
    assert isinstance(hub, Hub)
    return hub


ThisHub = Annotated[Hub, Depends(_this_hub)]
"""Everything a slice may take from."""


class _Password(HTTPBasic):
    async def __call__(self, request: HTTPConnection) -> None:
        """Only describes itself in OpenAPI; the header is read in one place, below."""


class _Token(HTTPBearer):
    async def __call__(self, request: HTTPConnection) -> None:
        """Only describes itself in OpenAPI."""


_password = _Password(scheme_name="password", description="Any user name, the hub's password", auto_error=False)
_token = _Token(scheme_name="token", description="The robots' shared token, or the operator's", auto_error=False)


async def _caller(
    connection: HTTPConnection,
    _by_password: Annotated[None, Depends(_password)],
    _by_token: Annotated[None, Depends(_token)],
) -> Caller:
    identity: Identity = connection.app.state.identity
    return identity.identify(Credentials.parse(connection.headers.get("authorization")))


Reader = Annotated[Caller, Depends(_caller)]
"""May look: an operator, whoever holds the shared token, anybody in open single mode."""
Writer = Annotated[Caller, Depends(_caller)]
"""May deliver and report: the same."""
Operator = Annotated[Caller, Depends(_caller)]
"""May decide, delete and sweep: the same, until robots have tokens of their own."""


async def _reading(hub: ThisHub) -> AsyncIterator[AsyncSession]:
    async with hub.database.reading() as session:
        yield session


async def _writing(hub: ThisHub) -> AsyncIterator[AsyncSession]:
    async with hub.database.transaction() as session:
        yield session


# With the default scope FastAPI would commit after the answer has left, and a failed COMMIT would still answer 200.
Reading = Annotated[AsyncSession, Depends(_reading, scope="function")]
"""A session that only reads."""
Writing = Annotated[AsyncSession, Depends(_writing, scope="function")]
"""The transaction of this request, committed before the answer leaves."""


async def _request_key(
    request: Request,
    caller: Reader,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, description="Sent again, the same request is carried out once"),
    ] = None,
) -> RequestKey:
    described = hashlib.sha256(f"{request.url.path}?{request.url.query}\n".encode())
    described.update(await request.body())
    # Routes keep keys apart by their pattern, which is bounded; the path is part of what must be the same.
    route = request.scope.get("pilothouse.route", request.url.path)
    scope = f"{caller.kind}:{hashlib.sha256(caller.name.encode()).hexdigest()[:16]}:{request.method}:{route}"
    return RequestKey(scope[:200], idempotency_key, described.hexdigest())


OnceKey = Annotated[RequestKey, Depends(_request_key)]
"""The `Idempotency-Key` of this request, for ``answer_once``."""
