"""Somebody at a board: what every service of this slice is told first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.boards.domain.problems import Changed
from pilothouse.hub.boards.domain.rules import BoardRules
from pilothouse.hub.boards.domain.states import THE_HUB, Actor, ActorKind
from pilothouse.hub.boards.models import BoardRow
from pilothouse.hub.identity import AgentRole, Caller, CallerKind

_RULES = tuple(BoardRules.__dataclass_fields__)


def actor_of(caller: Caller | None) -> Actor:
    """A caller as tasks and approvals name them; nobody is the hub itself."""
    if caller is None:
        return THE_HUB
    name = (caller.name or caller.user_id or caller.title)[:200]
    if caller.kind is CallerKind.AGENT:
        kind = ActorKind.LEAD if caller.agent_role is AgentRole.LEAD else ActorKind.WORKER
        return Actor(kind, caller.agent_id or "", name)
    if caller.is_person:
        return Actor(ActorKind.PERSON, caller.user_id or caller.identity, name)
    return Actor(ActorKind.PROGRAM, caller.token_id or caller.identity, name)


@dataclass(frozen=True, slots=True)
class OnBoard:
    """A board, and who is at it; no caller is the hub itself."""

    caller: Caller | None
    board: BoardRow
    can_write: bool

    @property
    def actor(self) -> Actor:
        return actor_of(self.caller)

    @property
    def rules(self) -> BoardRules:
        return BoardRules(**{name: getattr(self.board, name) for name in _RULES})


class _Versioned(Protocol):
    version: Any


Row = TypeVar("Row", bound=_Versioned)


def check_version(row: _Versioned, expected: int | None) -> None:
    """Raise Changed when somebody was faster."""
    if expected is not None and expected != row.version:
        raise Changed(version=row.version)


class Notes:
    """Writes down what changes in an organization, once."""

    def __init__(self, activity: Activity) -> None:
        self._activity = activity

    def of(
        self, session: AsyncSession, on: OnBoard, kind: str, subject_id: str, before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None, summary: str = "",
    ) -> None:  # fmt: skip
        """Something on a board."""
        self.in_organization(
            session, on.caller, on.board.organization_id, kind, subject_id, before, after, summary, on.board.id
        )

    def in_organization(
        self, session: AsyncSession, caller: Caller | None, organization_id: str, kind: str, subject_id: str,
        before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, summary: str = "",
        board_id: str | None = None,
    ) -> None:  # fmt: skip
        """Something of the organization."""
        self._activity.note(
            session, caller, organization_id=organization_id, board_id=board_id, kind=kind,
            subject=(kind.partition(".")[0], subject_id), before=before, after=after, summary=summary,
        )  # fmt: skip


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
    """What is different, as it was and as it is."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}
