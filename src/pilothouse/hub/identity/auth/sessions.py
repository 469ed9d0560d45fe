"""Which session a route gets, and what makes a request the same as an earlier one."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Header
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection, Request

from pilothouse.hub.audit import Actor, act_as, is_recorded, record
from pilothouse.hub.db import RequestKey
from pilothouse.hub.identity.auth.callers import AnyCaller, ThisHub
from pilothouse.hub.identity.domain import Caller
from pilothouse.web.dependants import read_once
from pilothouse.web.errors import REQUEST_ID


@read_once
async def _reading(hub: ThisHub) -> AsyncIterator[AsyncSession]:
    async with hub.database.reading() as session:
        yield session


# Who calls is settled first: a stranger never waits for, nor holds up, those who write.
async def _reporting(hub: ThisHub, _caller: AnyCaller) -> AsyncIterator[AsyncSession]:
    async with hub.database.transaction() as session:
        yield session


@read_once
async def _writing(connection: HTTPConnection, hub: ThisHub, caller: AnyCaller) -> AsyncIterator[AsyncSession]:
    async with hub.database.transaction() as session:
        _act(session, connection, caller)
        yield session
        if not is_recorded(session):
            _record_request(session, connection)


@dataclass(slots=True)
class Decision:
    """What somebody decides: the request, once that went well, or what the route says of it, whether it did or not."""

    is_one: bool = True
    action: str = ""
    subject: str = ""
    after: dict[str, Any] = field(default_factory=dict)


async def _deciding(connection: HTTPConnection, hub: ThisHub, caller: AnyCaller) -> AsyncIterator[Decision]:
    decision = Decision()
    went_well = False
    try:
        yield decision
        went_well = True
    finally:
        if decision.is_one and (went_well or decision.action):
            async with hub.database.transaction() as session:
                _act(session, connection, caller)
                if decision.action:
                    record(session, decision.action, decision.subject, after=decision.after)
                else:
                    _record_request(session, connection)


async def _arriving(connection: HTTPConnection, hub: ThisHub) -> AsyncIterator[AsyncSession]:
    async with hub.database.transaction() as session:
        act_as(session, Actor("somebody", "person", str(connection.scope.get(REQUEST_ID, ""))))
        yield session


def _act(session: AsyncSession, connection: HTTPConnection, caller: Caller) -> None:
    act_as(session, Actor(caller.title, caller.kind, str(connection.scope.get(REQUEST_ID, ""))))


def _record_request(session: AsyncSession, connection: HTTPConnection) -> None:
    scope = connection.scope
    record(session, f"{scope['method']} {scope.get('pilothouse.route', scope['path'])}", scope["path"])


# With the default scope FastAPI would commit after the answer has left, and a failed COMMIT would still answer 200.
Reading = Annotated[AsyncSession, Depends(_reading, scope="function")]
"""A session that only reads."""
Writing = Annotated[AsyncSession, Depends(_writing, scope="function")]
"""The transaction of this request, committed before the answer leaves. What it changes is in the audit log: in the
words of the service that changes it, or else as the request that did."""
Decided = Annotated[Decision, Depends(_deciding, scope="function")]
"""For decisions that are carried out in transactions of their own, or elsewhere; they are in the log before the answer
leaves."""
Reporting = Annotated[AsyncSession, Depends(_reporting, scope="function")]
"""The same for what robots report by themselves, many times a minute; that is not a decision of anybody's."""
ArrivingSession = Annotated[AsyncSession, Depends(_arriving, scope="function")]
"""For who says only in the request itself who they are; the service writes down who that turned out to be."""


async def _request_key(
    request: Request,
    caller: AnyCaller,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, description="Sent again, the same request is carried out once"),
    ] = None,
) -> RequestKey:
    described = hashlib.sha256(f"{request.url.path}?{request.url.query}\n".encode())
    described.update(await request.body())
    # Routes keep keys apart by their pattern, which is bounded; the path is part of what must be the same.
    route = request.scope.get("pilothouse.route", request.url.path)
    scope = f"{caller.kind}:{hashlib.sha256(caller.identity.encode()).hexdigest()[:16]}:{request.method}:{route}"
    return RequestKey(scope[:200], idempotency_key, described.hexdigest())


OnceKey = Annotated[RequestKey, Depends(_request_key)]
"""The `Idempotency-Key` of this request, for ``answer_once``."""
