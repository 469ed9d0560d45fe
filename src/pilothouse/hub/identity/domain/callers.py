"""Kinds of callers, what each may, and what can be wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pilothouse.hub.identity.domain.organizations import HOME, LOCAL_USER, AgentRole, OrganizationRole
from pilothouse.hub.identity.domain.scopes import (
    ADMIN,
    FLEET_READ,
    FLEET_WRITE,
    LAB_SCOPES,
    SCOPES,
)
from pilothouse.kit.errors import Forbidden, Invalid, NotFound


class CallerKind(StrEnum):
    OPERATOR = "operator"
    """A person: one who gave the password or the local token, or who has an account of their own."""
    SHARED = "shared"
    """Whoever holds the token that all robots share."""
    ROBOT = "robot"
    """One robot, by a token of its own."""
    TOKEN = "token"  # noqa: S105 - the name of a kind
    """A program, by a token with scopes."""
    AGENT = "agent"
    """An agent that works on a board, by a token of its own."""
    OPEN = "open"
    """Anybody, where the network is trusted."""


class TokenKind(StrEnum):
    ROBOT = "robot"
    API = "api"
    USER = "user"
    """A person's own, to call with; it may all that the person may."""
    AGENT = "agent"
    BROWSER = "browser"
    """What a browser holds in its cookie once somebody signed in; good for nothing as Bearer."""
    SESSION = "session"
    """A short-lived one for what runs inside a debug session."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling; ``name`` of an operator by password is what they call themselves and proves nothing.

    ``robot_id`` is set for a credential that belongs to one robot, which may only speak for itself. ``scopes`` are
    those of a token; an empty set grants nothing. ``organization_id`` is the organization the caller acts in now, None
    for somebody who belongs to none; ``role`` is a person's role there. ``board_id`` is an agent's own board.
    ``repository`` and ``session_id`` bind a token to one repository or one debug session. ``shows_unknown`` is set for
    anybody on a trusted network who shows a credential that nobody here knows.
    """

    kind: CallerKind
    name: str = ""
    robot_id: str | None = None
    token_id: str | None = None
    scopes: frozenset[str] = frozenset()
    expires_at: datetime | None = None
    user_id: str | None = None
    organization_id: str | None = None
    role: OrganizationRole | None = None
    agent_id: str | None = None
    agent_role: AgentRole | None = None
    board_id: str | None = None
    repository: str | None = None
    session_id: str | None = None
    shows_unknown: bool = False

    @property
    def identity(self) -> str:
        """What stays the same for this caller from request to request."""
        person = self.name if self.user_id in (None, LOCAL_USER) else self.user_id
        return self.robot_id or self.agent_id or self.token_id or person or ""

    @property
    def title(self) -> str:
        """How rows that this caller makes name it."""
        return f"{self.kind} {self.robot_id or self.name}".strip()[:200]

    @property
    def is_person(self) -> bool:
        """Somebody with a name and a role, as opposed to a program, a robot or whoever is on the network."""
        return self.kind == CallerKind.OPERATOR

    @property
    def is_at_home(self) -> bool:
        """Whether the fleet of this hub is the caller's at all."""
        return self.organization_id == HOME

    def has_role(self, role: OrganizationRole) -> bool:
        """Whether a person has this role, or one that includes it, in the organization they act in."""
        return self.is_person and self.role is not None and self.role.includes(role)

    def grants(self, scope: str) -> bool:
        """Whether this caller's token carries a scope."""
        return scope in self.scopes or ADMIN in self.scopes

    @property
    def may_read(self) -> bool:
        """Look at the fleet; a robot sees what is its own."""
        return self._is_of_the_fleet and (self.kind != CallerKind.TOKEN or self.grants(FLEET_READ))

    @property
    def may_write(self) -> bool:
        """Deliver, annotate and report; a robot for itself."""
        return self._is_of_the_fleet and (self.kind != CallerKind.TOKEN or self.grants(FLEET_WRITE))

    @property
    def may_tend(self) -> bool:
        """Do the documented chores under `/api/admin`, which the shared token opens like all of `/api`."""
        return self.may_decide or self.kind in (CallerKind.SHARED, CallerKind.OPEN)

    @property
    def may_decide(self) -> bool:
        """Let robots in, retire them, make and revoke tokens."""
        if self.kind == CallerKind.TOKEN:
            return self.grants(ADMIN)
        return self.is_at_home and self.has_role(OrganizationRole.ADMIN)

    @property
    def _is_of_the_fleet(self) -> bool:
        return self.is_at_home and self.kind != CallerKind.AGENT


def operator(name: str = "") -> Caller:
    """Whoever holds the password, the local token or the data directory, as long as nothing else is known of them."""
    return Caller(CallerKind.OPERATOR, name, user_id=LOCAL_USER, organization_id=HOME, role=OrganizationRole.OWNER)


OPEN = Caller(CallerKind.OPEN, organization_id=HOME)
LOCAL = operator("command line")
"""Whoever can read and write the data directory."""


class OtherRobot(Forbidden):
    """A robot speaks for itself only, and this credential is {robot_id}'s; a recording's id begins with {robot_id}_."""


class ScopeMissing(Forbidden):
    """This token lacks the scope {scope}; an operator makes tokens: pilothouse token create NAME --scopes {scope}"""


class NotForRobots(Forbidden):
    """A robot's own token opens what is the robot's own; this concerns others than {robot_id} too."""


class NotForAgents(Forbidden):
    """An agent's token opens its board and what is linked there; this is for people and programs."""


class OperatorsOnly(Forbidden):
    """Only an operator may do this: sign in with the password, or use a token with the scope admin."""


class PeopleOnly(Forbidden):
    """Only a person may do this; a token of a program, a robot or an agent is not enough."""


class AgentsOnly(Forbidden):
    """This is for agents; send an agent's token as X-Agent-Token."""


class RoleMissing(Forbidden):
    """This needs the role {role} in the organization; an owner can give it."""


class NoOrganization(Forbidden):
    """You belong to no organization yet; accept an invite, or make one: POST /api/v1/organizations"""


class NotVisible(NotFound):
    """There is no such thing here, or it belongs to another organization."""


class UnknownScope(Invalid):
    """There is no scope '{scope}'; there are: {known}."""


class MoreThanYouHave(Forbidden):
    """A token grants at most what its maker has, and you do not have {scope}."""


class UnknownToken(NotFound):
    """No token {token_id} is known here."""


class BoundToMore(Invalid):
    """A token for one repository or one debug session carries no {scope}; it can carry: {known}."""


class ExpiryInThePast(Invalid):
    """The token would be expired already; give a later expires_at."""


def check_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes in a fixed order, each once; raises UnknownScope."""
    wanted = set(scopes)
    for scope in sorted(wanted - SCOPES.keys()):
        raise UnknownScope(scope=scope[:100], known=", ".join(SCOPES))
    return tuple(scope for scope in SCOPES if scope in wanted)


def check_bound(scopes: Iterable[str], *, repository: str | None, session_id: str | None) -> None:
    """Raise BoundToMore when a token for one repository or debug session would open something else too."""
    if repository is None and session_id is None:
        return
    for scope in scopes:
        if scope not in LAB_SCOPES:
            raise BoundToMore(scope=scope, known=", ".join(LAB_SCOPES))


def check_maker(maker: Caller, scopes: Collection[str], expires_at: datetime | None) -> datetime | None:
    """When a token that ``maker`` makes ends, at the latest with its maker's own; raises when it would grant more."""
    if maker.kind != CallerKind.OPERATOR:
        for scope in scopes:
            if not maker.grants(scope):
                raise MoreThanYouHave(scope=scope)
    ends = [moment for moment in (expires_at, maker.expires_at) if moment is not None]
    return min(ends, default=None)


def check_may_tend(caller: Caller) -> None:
    """Raise OperatorsOnly or ScopeMissing unless somebody may do what is everybody's business."""
    if caller.may_tend:
        return
    if caller.kind == CallerKind.TOKEN:
        raise ScopeMissing(scope=ADMIN)
    raise OperatorsOnly


def check_speaks_for(caller: Caller, robot_ids: Iterable[str | None]) -> None:
    """Raise OtherRobot when a robot names another one than itself."""
    if caller.robot_id is not None and any(one not in (None, caller.robot_id) for one in robot_ids):
        raise OtherRobot(robot_id=caller.robot_id)
