"""Aliases for the signatures of routes: who may call, and which session they get."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Annotated, ClassVar, Protocol

from fastapi import Depends, Header
from fastapi.security import APIKeyHeader, HTTPBasic, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection, Request

from pilothouse.hub.audit import Actor, act_as, is_recorded, record
from pilothouse.hub.composition import Hub
from pilothouse.hub.db import RequestKey
from pilothouse.hub.identity.domain import (
    ADMIN,
    BOARDS_READ,
    BOARDS_WRITE,
    FLEET_READ,
    FLEET_WRITE,
    AgentsOnly,
    Caller,
    CallerKind,
    NoOrganization,
    NotForAgents,
    NotForRobots,
    NotVisible,
    OperatorsOnly,
    OrganizationRole,
    PeopleOnly,
    RoleMissing,
    ScopeMissing,
)
from pilothouse.hub.identity.service import Access, Identity
from pilothouse.hub.identity.service.known_tokens import CHALLENGES
from pilothouse.web import Credentials, CredentialsMissing, CredentialsWrong
from pilothouse.web.errors import REQUEST_ID


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
_token = _Token(
    scheme_name="token",
    description="A robot's own token, an API token, the robots' shared token, or the operator's",
    auto_error=False,
)


class _AgentToken(APIKeyHeader):
    async def __call__(self, request: HTTPConnection) -> None:
        """Only describes itself in OpenAPI."""


_agent = _AgentToken(name="X-Agent-Token", scheme_name="agent", description="An agent's own token", auto_error=False)


class AgentGate(Protocol):
    """Counts what agents ask for, and refuses what is beyond their budgets; given by the slice that knows them."""

    async def admit(self, caller: Caller, method: str, route: str) -> None: ...


async def _caller(
    connection: HTTPConnection,
    _by_password: Annotated[None, Depends(_password)],
    _by_token: Annotated[None, Depends(_token)],
) -> Caller:
    caller = await _identified(connection)
    gate: AgentGate | None = getattr(connection.app.state, "agent_gate", None)
    if caller.kind == CallerKind.AGENT and gate is not None:
        scope = connection.scope
        await gate.admit(caller, scope.get("method", "GET"), scope.get("pilothouse.route", scope["path"]))
    return caller


async def _identified(connection: HTTPConnection) -> Caller:
    agent_token = connection.headers.get("x-agent-token")
    if agent_token is not None:
        return await _identity(connection).identify(Credentials("bearer", agent_token))
    return await _identity(connection).identify(Credentials.parse(connection.headers.get("authorization")))


def _identity(connection: HTTPConnection) -> Identity:
    identity = connection.app.state.identity
    assert isinstance(identity, Identity)
    return identity


def _access(connection: HTTPConnection) -> Access:
    access = connection.app.state.access
    assert isinstance(access, Access)
    return access


AnyCaller = Annotated[Caller, Depends(_caller)]
"""Whoever is calling; grants nothing by itself."""
TheAccess = Annotated[Access, Depends(_access)]
"""Which boards a caller may see."""


class Allowed:
    """Lets in whom a rule lets in; the description of a route names the scope that a token needs."""

    def __init__(self, scope: str, rule: Callable[[Caller], bool]) -> None:
        self._scope = scope
        self._rule = rule
        self.openapi_extension = {"x-required-scope": scope}

    async def __call__(self, caller: AnyCaller) -> Caller:
        # One hub has one fleet: to whoever acts in another organization than its own there is none.
        if not caller.is_at_home:
            raise NotVisible
        if self._rule(caller):
            return caller
        if caller.kind == CallerKind.OPEN:
            raise CredentialsMissing(challenges=CHALLENGES)
        if caller.kind == CallerKind.TOKEN:
            raise ScopeMissing(scope=self._scope)
        if caller.kind == CallerKind.ROBOT:
            raise NotForRobots(robot_id=caller.robot_id)
        if caller.kind == CallerKind.AGENT:
            raise NotForAgents
        raise OperatorsOnly


Reader = Annotated[Caller, Depends(Allowed(FLEET_READ, lambda caller: caller.may_read))]
"""May look: an operator, whoever holds the shared token, anybody in open single mode; a robot sees its own."""
Viewer = Annotated[
    Caller, Depends(Allowed(FLEET_READ, lambda caller: caller.may_read and caller.kind != CallerKind.ROBOT))
]
"""May look at what concerns all robots: the same, but no robot by a token of its own."""
Writer = Annotated[Caller, Depends(Allowed(FLEET_WRITE, lambda caller: caller.may_write))]
"""May deliver, annotate and report: the same; a robot for itself."""
Operator = Annotated[Caller, Depends(Allowed(ADMIN, lambda caller: caller.may_tend))]
"""May sweep, rescan and run what is everybody's: as above, but no robot by a token of its own."""
Admin = Annotated[Caller, Depends(Allowed(ADMIN, lambda caller: caller.may_decide))]
"""May let in, retire and hand out tokens: a person who signed in, or a token with the scope admin. Never a robot, and
never somebody unknown, however open the hub is."""


class _Belongs:
    """Lets in people who act in an organization, with at least this role in it."""

    def __init__(self, role: OrganizationRole = OrganizationRole.MEMBER) -> None:
        self._role = role
        self.openapi_extension = {"x-required-actor": "person", "x-required-role": role.value}

    async def __call__(self, caller: AnyCaller) -> Caller:
        if caller.kind == CallerKind.OPEN:
            raise CredentialsMissing(challenges=CHALLENGES)
        if not caller.is_person:
            raise PeopleOnly
        if caller.role is None:
            raise NoOrganization
        if not caller.has_role(self._role):
            raise RoleMissing(role=self._role)
        return caller


_person = _Belongs()


class _Works:
    """Lets in people, agents, and programs whose token carries a scope."""

    def __init__(self, scope: str) -> None:
        self._scope = scope
        self.openapi_extension = {
            "x-required-actor": "person, agent or program",
            "x-required-role": "member, lead or worker",
            "x-required-scope": scope,
        }

    async def __call__(self, caller: AnyCaller, _by_agent: Annotated[None, Depends(_agent)]) -> Caller:
        if caller.kind == CallerKind.TOKEN and not caller.grants(self._scope):
            raise ScopeMissing(scope=self._scope)
        if caller.kind in (CallerKind.TOKEN, CallerKind.AGENT):
            return caller
        return await _person(caller)


class _IsAgent:
    """Lets in agents alone."""

    openapi_extension: ClassVar = {"x-required-actor": "agent", "x-required-role": "lead or worker"}

    async def __call__(self, caller: AnyCaller, _by_agent: Annotated[None, Depends(_agent)]) -> Caller:
        if caller.kind == CallerKind.OPEN:
            raise CredentialsMissing(challenges=CHALLENGES)
        if caller.kind != CallerKind.AGENT:
            raise AgentsOnly
        return caller


Person = Annotated[Caller, Depends(_person)]
"""A person who belongs to the organization they act in; never a program, a robot or an agent."""
OrganizationAdmin = Annotated[Caller, Depends(_Belongs(OrganizationRole.ADMIN))]
"""An admin or owner of the organization they act in."""
OrganizationOwner = Annotated[Caller, Depends(_Belongs(OrganizationRole.OWNER))]
"""An owner of it."""
Member = Annotated[Caller, Depends(_Works(BOARDS_READ))]
"""Somebody of an organization who may look at boards: a person, an agent, or a token with the scope."""
WritingMember = Annotated[Caller, Depends(_Works(BOARDS_WRITE))]
"""The same with the scope to change them."""
AgentCaller = Annotated[Caller, Depends(_IsAgent())]
"""An agent, by its own token: `X-Agent-Token`, or the same as Bearer."""


# Who is somebody else, or acts somewhere else, must ask anew.
_STAYS = ("kind", "token_id", "user_id", "organization_id", "agent_id", "board_id")


async def still_allowed(connection: HTTPConnection, caller: Caller) -> bool:
    """Whether who was let in would be let in again now; asked while a stream lives."""
    try:
        again = await _identified(connection)
    except (CredentialsMissing, CredentialsWrong):
        return False
    return all(getattr(again, name) == getattr(caller, name) for name in _STAYS)


async def _reading(hub: ThisHub) -> AsyncIterator[AsyncSession]:
    async with hub.database.reading() as session:
        yield session


# Who calls is settled first: a stranger never waits for, nor holds up, those who write.
async def _reporting(hub: ThisHub, _caller: AnyCaller) -> AsyncIterator[AsyncSession]:
    async with hub.database.transaction() as session:
        yield session


async def _writing(connection: HTTPConnection, hub: ThisHub, caller: AnyCaller) -> AsyncIterator[AsyncSession]:
    async with hub.database.transaction() as session:
        _act(session, connection, caller)
        yield session
        if not is_recorded(session):
            _record_request(session, connection)


async def _deciding(connection: HTTPConnection, hub: ThisHub, caller: AnyCaller) -> AsyncIterator[None]:
    yield
    async with hub.database.transaction() as session:
        _act(session, connection, caller)
        _record_request(session, connection)


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
Decided = Annotated[None, Depends(_deciding, scope="function")]
"""For decisions that are carried out in transactions of their own: once that went well, the request is in the log."""
Reporting = Annotated[AsyncSession, Depends(_reporting, scope="function")]
"""The same for what robots report by themselves, many times a minute; that is not a decision of anybody's."""


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
