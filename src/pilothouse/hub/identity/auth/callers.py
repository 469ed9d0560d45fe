"""Who sends a request: read from its headers, counted where it is an agent."""

from __future__ import annotations

from typing import Annotated, Any, Protocol

from fastapi import Depends
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBasic, HTTPBearer
from starlette.requests import HTTPConnection

from pilothouse.hub.composition import Hub
from pilothouse.hub.identity.auth.guesses import Guesses
from pilothouse.hub.identity.auth.origins import COOKIE, check_changes, check_origin
from pilothouse.hub.identity.domain import Caller, CallerKind
from pilothouse.hub.identity.service import Access, Identity, IdentityServices, Presented
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.errors import NotFound
from pilothouse.web import Credentials, CredentialsMissing, CredentialsWrong
from pilothouse.web.dependants import read_once
from pilothouse.web.kept import kept

AGENT_TOKEN = "x-agent-token"  # noqa: S105 - the name of a header
ORGANIZATION = "x-organization-id"
AGENT_WINDOW_S = 60
COUNTED = "pilothouse.counted"
"""In the scope of what the hub asks itself for somebody: that somebody was counted already."""


ThisHub = Annotated[Hub, Depends(kept("hub", Hub))]
"""Everything a slice may take from."""


class _Password(HTTPBasic):
    async def __call__(self, request: HTTPConnection) -> None:
        """Only describes itself in OpenAPI; the header is read in one place, below."""


class _Token(HTTPBearer):
    async def __call__(self, request: HTTPConnection) -> None:
        """Only describes itself in OpenAPI."""


class _Cookie(APIKeyCookie):
    async def __call__(self, request: HTTPConnection) -> None:
        """Only describes itself in OpenAPI."""


class _AgentToken(APIKeyHeader):
    async def __call__(self, request: HTTPConnection) -> None:
        """Only describes itself in OpenAPI."""

    def openapi_extension(self, settings: object) -> dict[str, Any]:
        """How often an agent may ask, on every route that takes agents."""
        if not isinstance(settings, HubSettings) or not settings.agent_auth_limit:
            return {}
        return {
            "x-ratelimit-limit": settings.agent_auth_limit,
            "x-ratelimit-window-s": AGENT_WINDOW_S,
            "x-ratelimit-scope": "agent authentication per client address",
        }


_password = _Password(scheme_name="password", description="Any user name, the hub's password", auto_error=False)
_token = _Token(
    scheme_name="token",
    description="A person's own token, the operator's or Clerk's, an API token, a robot's own token or the shared one",
    auto_error=False,
)
_cookie = _Cookie(name=COOKIE, scheme_name="cookie", description="What a browser gets for signing in", auto_error=False)
by_agent_token = _AgentToken(
    name="X-Agent-Token", scheme_name="agent", description="An agent's own token", auto_error=False
)
for _scheme in (_password, _token, _cookie, by_agent_token):
    read_once(_scheme)

AgentToken = Annotated[None, Depends(by_agent_token)]
"""Says in the description of a route that agents may call it too."""


class AgentGate(Protocol):
    """Counts what agents ask for, and refuses what is beyond their budgets; given by the slice that knows them."""

    async def admit(self, caller: Caller, method: str, route: str) -> None: ...


@read_once
async def _caller(
    connection: HTTPConnection,
    _by_password: Annotated[None, Depends(_password)],
    _by_token: Annotated[None, Depends(_token)],
    _by_cookie: Annotated[None, Depends(_cookie)],
) -> Caller:
    shown = presented(connection)
    await _count_agents(connection, shown)
    return await _identified(connection, shown)


async def _identified(connection: HTTPConnection, shown: Presented) -> Caller:
    if shown.is_by_cookie:
        check_origin(connection)
    elif shown.is_by_any_page:
        check_changes(connection)
    caller = await guesses_of(connection).identify(connection, shown)
    gate: AgentGate | None = getattr(connection.app.state, "agent_gate", None)
    if caller.kind == CallerKind.AGENT and gate is not None:
        scope = connection.scope
        await gate.admit(caller, scope.get("method", "GET"), scope.get("pilothouse.route", scope["path"]))
    return caller


async def caller_of(connection: HTTPConnection) -> Caller:
    """Who sends a request that no route of FastAPI's answers; raises CredentialsMissing, CredentialsWrong, …"""
    return await _caller(connection, None, None, None)


async def talker_of(connection: HTTPConnection) -> Caller:
    """Who talks to us in many small messages, each a request: of agents' tokens only wrong ones are counted. What they
    ask for is counted by what it is."""
    shown = presented(connection)
    try:
        return await _identified(connection, shown)
    except CredentialsWrong:
        await _count_agents(connection, shown)
        raise


async def _count_agents(connection: HTTPConnection, shown: Presented) -> None:
    """Agents' tokens are counted before they are looked at: whoever guesses is slowed down too."""
    limit = connection.app.state.agent_limit
    if COUNTED in connection.scope:
        return
    if limit is not None and (shown.agent_token is not None or _is_agents(shown.credentials)):
        await limit.count(connection)


def _is_agents(credentials: Credentials | None) -> bool:
    return credentials is not None and credentials.scheme == "bearer" and credentials.secret.startswith("agent_")


def presented(connection: HTTPConnection) -> Presented:
    """What a request shows of who sends it."""
    headers = connection.headers
    return Presented(
        credentials=Credentials.parse(headers.get("authorization")),
        agent_token=headers.get(AGENT_TOKEN),
        cookie=connection.cookies.get(COOKIE) or None,
        organization_id=headers.get(ORGANIZATION) or None,
    )


def identity_of(connection: HTTPConnection) -> Identity:
    """Who knows credentials."""
    identity = connection.app.state.identity
    assert isinstance(identity, Identity)
    return identity


def guesses_of(connection: HTTPConnection) -> Guesses:
    """Who knows credentials, and counts wrong ones."""
    guesses = connection.app.state.guesses
    assert isinstance(guesses, Guesses)
    return guesses


AnyCaller = Annotated[Caller, Depends(_caller)]
"""Whoever is calling; grants nothing by itself."""
TheAccess = Annotated[Access, Depends(kept("access", Access))]
"""Which boards a caller may see."""
ThePeople = Annotated[IdentityServices, Depends(kept("people", IdentityServices))]
"""Organizations, members, invites and where people are signed in."""


async def _arriving(
    connection: HTTPConnection,
) -> Caller | None:
    shown = presented(connection)
    if shown.is_by_cookie:
        check_origin(connection)
    if shown.credentials is None and shown.cookie is None and shown.agent_token is None:
        return None
    caller = await guesses_of(connection).identify(connection, shown)
    return None if caller.kind == CallerKind.OPEN else caller


Arriving = Annotated[Caller | None, Depends(_arriving)]
"""Whoever comes with something else than a credential, and the person they are already, if they are signed in."""

# Who is somebody else, or acts somewhere else, must ask anew.
_STAYS = ("kind", "token_id", "user_id", "organization_id", "agent_id", "board_id")


async def still_allowed(connection: HTTPConnection, caller: Caller) -> bool:
    """Whether who was let in would be let in again now; asked while a stream lives."""
    try:
        again = await identity_of(connection).identify(presented(connection))
    except (CredentialsMissing, CredentialsWrong, NotFound):
        return False
    return all(getattr(again, name) == getattr(caller, name) for name in _STAYS)
