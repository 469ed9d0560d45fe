"""Kinds of callers, what each may, and what can be wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pilothouse.kit.errors import Forbidden, Invalid, NotFound

ADMIN = "admin"
FLEET_READ = "fleet:read"
FLEET_WRITE = "fleet:write"
SCOPES = {
    ADMIN: "everything: decide, delete, let robots in, make and revoke tokens; satisfies any other scope",
    FLEET_READ: "look at robots, recordings, risk events and the live feed",
    FLEET_WRITE: "deliver, annotate and report, for any robot",
    "sessions:read": "look at debug sessions",
    "sessions:write": "make and end debug sessions",
    "commands:write": "queue commands in debug sessions",
    "artifacts:read": "download what debug sessions produced",
}
"""Every scope and what it grants."""


class CallerKind(StrEnum):
    OPERATOR = "operator"
    """A person, who gave the password or the local token."""
    SHARED = "shared"
    """Whoever holds the token that all robots share."""
    ROBOT = "robot"
    """One robot, by a token of its own."""
    TOKEN = "token"  # noqa: S105 - the name of a kind
    """A program, by a token with scopes."""
    OPEN = "open"
    """Anybody, where the network is trusted."""


class TokenKind(StrEnum):
    ROBOT = "robot"
    API = "api"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling; ``name`` of an operator is what they call themselves and proves nothing.

    ``robot_id`` is set for a credential that belongs to one robot, which may only speak for itself. ``scopes`` are
    those of a token; an empty set grants nothing.
    """

    kind: CallerKind
    name: str = ""
    robot_id: str | None = None
    token_id: str | None = None
    scopes: frozenset[str] = frozenset()
    expires_at: datetime | None = None

    @property
    def identity(self) -> str:
        """What stays the same for this caller from request to request."""
        return self.robot_id or self.token_id or self.name

    @property
    def title(self) -> str:
        """How rows that this caller makes name it."""
        return f"{self.kind} {self.robot_id or self.name}".strip()[:200]

    def grants(self, scope: str) -> bool:
        """Whether this caller's token carries a scope."""
        return scope in self.scopes or ADMIN in self.scopes

    @property
    def may_read(self) -> bool:
        """Look at the fleet; a robot sees what is its own."""
        return self.kind != CallerKind.TOKEN or self.grants(FLEET_READ)

    @property
    def may_write(self) -> bool:
        """Deliver, annotate and report; a robot for itself."""
        return self.kind != CallerKind.TOKEN or self.grants(FLEET_WRITE)

    @property
    def may_tend(self) -> bool:
        """Do the documented chores under `/api/admin`, which the shared token opens like all of `/api`."""
        return self.may_decide or self.kind in (CallerKind.SHARED, CallerKind.OPEN)

    @property
    def may_decide(self) -> bool:
        """Let robots in, retire them, make and revoke tokens."""
        return self.kind == CallerKind.OPERATOR or (self.kind == CallerKind.TOKEN and self.grants(ADMIN))


OPEN = Caller(CallerKind.OPEN)
LOCAL = Caller(CallerKind.OPERATOR, "command line")
"""Whoever can read and write the data directory."""


class OtherRobot(Forbidden):
    """A robot speaks for itself only, and this credential is {robot_id}'s; a recording's id begins with {robot_id}_."""


class ScopeMissing(Forbidden):
    """This token lacks the scope {scope}; an operator makes tokens: pilothouse token create NAME --scopes {scope}"""


class NotForRobots(Forbidden):
    """A robot's own token opens what is the robot's own; this concerns others than {robot_id} too."""


class OperatorsOnly(Forbidden):
    """Only an operator may do this: sign in with the password, or use a token with the scope admin."""


class UnknownScope(Invalid):
    """There is no scope '{scope}'; there are: {known}."""


class MoreThanYouHave(Forbidden):
    """A token grants at most what its maker has, and you do not have {scope}."""


class UnknownToken(NotFound):
    """No token {token_id} is known here."""


class ExpiryInThePast(Invalid):
    """The token would be expired already; give a later expires_at."""


def check_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes in a fixed order, each once; raises UnknownScope."""
    wanted = set(scopes)
    for scope in sorted(wanted - SCOPES.keys()):
        raise UnknownScope(scope=scope[:100], known=", ".join(SCOPES))
    return tuple(scope for scope in SCOPES if scope in wanted)


def check_maker(maker: Caller, scopes: Collection[str], expires_at: datetime | None) -> datetime | None:
    """When a token that ``maker`` makes ends, at the latest with its maker's own; raises when it would grant more."""
    if maker.kind != CallerKind.OPERATOR:
        for scope in scopes:
            if not maker.grants(scope):
                raise MoreThanYouHave(scope=scope)
    ends = [moment for moment in (expires_at, maker.expires_at) if moment is not None]
    return min(ends, default=None)


def check_speaks_for(caller: Caller, robot_ids: Iterable[str | None]) -> None:
    """Raise OtherRobot when a robot names another one than itself."""
    if caller.robot_id is not None and any(one not in (None, caller.robot_id) for one in robot_ids):
        raise OtherRobot(robot_id=caller.robot_id)
