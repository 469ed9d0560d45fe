"""Who may make, run and look at debug sessions, and which of them a bound token means."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from fastapi import Depends

from pilothouse.hub.identity import Caller, CallerKind
from pilothouse.hub.identity.auth import Admin, AnyCaller
from pilothouse.hub.identity.auth.aliases import who_is_it
from pilothouse.hub.identity.domain import (
    NotForAgents,
    NotForRobots,
    NotVisible,
    OperatorsOnly,
    OrganizationRole,
    ScopeMissing,
)
from pilothouse.kit.errors import Forbidden

__all__ = [
    "Admin",
    "ArtifactLister",
    "ArtifactReader",
    "CommandReader",
    "CommandWriter",
    "LabReader",
    "SessionReader",
    "SessionWriter",
    "check_scope",
    "may",
]

READ, WRITE, RUN, FETCH = "sessions:read", "sessions:write", "commands:write", "artifacts:read"


def check_scope(caller: Caller, scopes: Collection[str]) -> None:
    """Raise unless the caller is a person of this hub's own organization, or a program with one of the scopes."""
    if not caller.is_at_home:
        raise NotVisible
    if caller.kind == CallerKind.OPEN:
        raise who_is_it(caller)
    if caller.kind == CallerKind.ROBOT:
        raise NotForRobots(robot_id=caller.robot_id)
    if caller.kind == CallerKind.AGENT:
        raise NotForAgents
    if caller.kind == CallerKind.TOKEN:
        if not any(caller.grants(scope) for scope in scopes):
            raise ScopeMissing(scope=next(iter(scopes)))
    elif not caller.has_role(OrganizationRole.MEMBER):
        raise OperatorsOnly


def may(caller: Caller, scopes: Collection[str]) -> bool:
    """Whether ``check_scope`` would let the caller pass."""
    try:
        check_scope(caller, scopes)
    except Forbidden:
        return False
    return True


class _WithScope:
    """Lets in people, and programs with one of these scopes; the first is the one that is named."""

    def __init__(self, *scopes: str) -> None:
        self._scopes = scopes
        self.openapi_extension = {"x-required-scope": scopes[0]}

    async def __call__(self, caller: AnyCaller) -> Caller:
        check_scope(caller, self._scopes)
        return caller


LabReader = Annotated[Caller, Depends(_WithScope(READ, WRITE, RUN, FETCH))]
"""May see which repositories and sandboxes there are."""
SessionReader = Annotated[Caller, Depends(_WithScope(READ, WRITE))]
"""May look at sessions and what is in them."""
SessionWriter = Annotated[Caller, Depends(_WithScope(WRITE))]
"""May make, prolong and end sessions."""
CommandReader = Annotated[Caller, Depends(_WithScope(READ, RUN, WRITE))]
"""May look at commands and their output: whoever may look at sessions, or may write commands."""
CommandWriter = Annotated[Caller, Depends(_WithScope(RUN))]
"""May queue, feed and cancel commands."""
ArtifactLister = Annotated[Caller, Depends(_WithScope(FETCH, READ, WRITE))]
"""May see which artifacts there are."""
ArtifactReader = Annotated[Caller, Depends(_WithScope(FETCH))]
"""May download them."""
