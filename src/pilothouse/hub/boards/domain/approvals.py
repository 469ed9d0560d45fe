"""Approvals: bound to what was shown, decided by people or by a policy that people have set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pilothouse.hub.boards.domain.problems import (
    AlreadyDecided,
    ApprovalExpired,
    ApprovalVoided,
    Changed,
    OnlyPeopleDecide,
    OwnRequest,
    PayloadTooLarge,
)
from pilothouse.hub.boards.domain.states import Actor, ActorKind, ApprovalStatus

DONE_ACTION = "task.done"
"""The action type whose approval lets a task be done."""
MOST_LETTERS = 100_000


@dataclass(frozen=True, slots=True)
class AutomaticApproval:
    """A board approves by itself what agents ask for by this action type with at least this confidence."""

    action_type: str
    min_confidence: float


@dataclass(frozen=True, slots=True)
class Decision:
    """An approval as it is, and who wants to decide it; ``version`` is what they have seen."""

    actor: Actor
    now: datetime
    status: ApprovalStatus
    requested_by: Actor
    expires_at: datetime
    version: int
    seen_version: int | None
    decided_by: str
    void_reason: str
    may_decide_own: bool


def only_people_decide(decision: Decision) -> None:
    if decision.actor.kind is not ActorKind.PERSON:
        raise OnlyPeopleDecide


def nobody_decides_their_own(decision: Decision) -> None:
    if decision.actor.is_same(decision.requested_by) and not decision.may_decide_own:
        raise OwnRequest


def it_is_decided_once(decision: Decision) -> None:
    if decision.status is ApprovalStatus.VOIDED:
        raise ApprovalVoided(reason=decision.void_reason)
    if decision.status is ApprovalStatus.EXPIRED:
        raise ApprovalExpired
    if decision.status is not ApprovalStatus.PENDING:
        raise AlreadyDecided(status=decision.status, actor=decision.decided_by)


def it_is_decided_in_time(decision: Decision) -> None:
    if decision.expires_at <= decision.now:
        raise ApprovalExpired


def what_was_seen_is_decided(decision: Decision) -> None:
    if decision.seen_version not in (None, decision.version):
        raise Changed(version=decision.version)


DECISION_RULES: tuple[Callable[[Decision], None], ...] = (
    only_people_decide,
    nobody_decides_their_own,
    it_is_decided_once,
    it_is_decided_in_time,
    what_was_seen_is_decided,
)


def check_decision(decision: Decision) -> None:
    """Raise what the first rule that refuses says."""
    for rule in DECISION_RULES:
        rule(decision)


def automatic(
    policy: Sequence[AutomaticApproval], actor: Actor, action_type: str, confidence: float
) -> AutomaticApproval | None:
    """What of a board's policy approves a request; only what agents ask for."""
    if not actor.kind.is_agent:
        return None
    fitting = (one for one in policy if one.action_type == action_type and confidence >= one.min_confidence)
    return next(fitting, None)


def digest(shown: Mapping[str, Any]) -> str:
    """SHA-256 over what was shown: another one for anything else."""
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check_size(name: str, value: object) -> None:
    """Raise PayloadTooLarge for what no person could judge."""
    length = len(json.dumps(value))
    if length > MOST_LETTERS:
        raise PayloadTooLarge(name=name, length=length, most=MOST_LETTERS)
