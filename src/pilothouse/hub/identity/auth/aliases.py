"""Aliases for the signatures of routes: who may call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, ClassVar

from fastapi import Depends, Path

from pilothouse.hub.identity.auth.callers import AnyCaller, ThePeople, by_agent_token
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
from pilothouse.hub.identity.domain.membership import UnknownOrganization
from pilothouse.hub.identity.service.known_tokens import CHALLENGES
from pilothouse.kit.errors import Unauthenticated
from pilothouse.web import CredentialsMissing, CredentialsWrong


def who_is_it(caller: Caller) -> Unauthenticated:
    """What anybody on a trusted network is told where they must be somebody."""
    problem = CredentialsWrong if caller.shows_unknown else CredentialsMissing
    return problem(challenges=CHALLENGES)


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
            raise who_is_it(caller)
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
    """Lets in people who act in an organization, whatever their role in it."""

    openapi_extension: ClassVar = {"x-required-actor": "person", "x-required-role": OrganizationRole.MEMBER.value}

    async def __call__(self, caller: AnyCaller) -> Caller:
        if caller.kind == CallerKind.OPEN:
            raise who_is_it(caller)
        if not caller.is_person:
            raise PeopleOnly
        if caller.role is None:
            raise NoOrganization
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

    async def __call__(self, caller: AnyCaller, _by_agent: Annotated[None, Depends(by_agent_token)]) -> Caller:
        if caller.kind == CallerKind.TOKEN and not caller.grants(self._scope):
            raise ScopeMissing(scope=self._scope)
        if caller.kind in (CallerKind.TOKEN, CallerKind.AGENT):
            return caller
        return await _person(caller)


class _IsAgent:
    """Lets in agents alone."""

    openapi_extension: ClassVar = {"x-required-actor": "agent", "x-required-role": "lead or worker"}

    async def __call__(self, caller: AnyCaller, _by_agent: Annotated[None, Depends(by_agent_token)]) -> Caller:
        if caller.kind == CallerKind.OPEN:
            raise who_is_it(caller)
        if caller.kind != CallerKind.AGENT:
            raise AgentsOnly
        return caller


async def _signed_in(caller: AnyCaller) -> Caller:
    if caller.kind == CallerKind.OPEN:
        raise who_is_it(caller)
    if not caller.is_person or caller.user_id is None:
        raise PeopleOnly
    return caller


SignedIn = Annotated[Caller, Depends(_signed_in)]
"""A person, whether they belong to an organization or not."""


class _InPath:
    """Lets in people with a role in the organization of the path, and has them act in it."""

    def __init__(self, role: OrganizationRole) -> None:
        self._role = role
        self.openapi_extension = {"x-required-actor": "person", "x-required-role": role.value}

    async def __call__(
        self, caller: SignedIn, people: ThePeople, organization_id: Annotated[str, Path(max_length=40)]
    ) -> Caller:
        acting = await people.people.acting(caller.user_id or "", organization_id)
        if acting is None or acting.role is None:
            raise UnknownOrganization(organization_id=organization_id)
        here = replace(caller, organization_id=organization_id, role=acting.role)
        if not here.has_role(self._role):
            raise RoleMissing(role=self._role)
        return here


MemberHere = Annotated[Caller, Depends(_InPath(OrganizationRole.MEMBER))]
"""A member of the organization of the path, acting in it."""
AdminHere = Annotated[Caller, Depends(_InPath(OrganizationRole.ADMIN))]
"""An admin or owner of it."""
OwnerHere = Annotated[Caller, Depends(_InPath(OrganizationRole.OWNER))]
"""An owner of it."""
Person = Annotated[Caller, Depends(_person)]
"""A person who belongs to the organization they act in; never a program, a robot or an agent."""
Member = Annotated[Caller, Depends(_Works(BOARDS_READ))]
"""Somebody of an organization who may look at boards: a person, an agent, or a token with the scope."""
WritingMember = Annotated[Caller, Depends(_Works(BOARDS_WRITE))]
"""The same with the scope to change them."""
AgentCaller = Annotated[Caller, Depends(_IsAgent())]
"""An agent, by its own token: `X-Agent-Token`, or the same as Bearer."""
