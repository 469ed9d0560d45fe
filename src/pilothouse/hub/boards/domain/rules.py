"""The rules that every change of a task passes, in order; each refusal is a problem with a code of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pilothouse.hub.boards.domain.problems import (
    ApprovalPending,
    ApprovalRequired,
    CommentRequired,
    MayNotDelete,
    NotYoursToRelease,
    NotYourTask,
    OnlyLeadsAssign,
    OnlyLeadsChangeStatus,
    OnlyLeadsPlan,
    ProgramsDoNotClaim,
    ReviewByAnother,
    ReviewRequired,
    TaskAssigned,
    TaskBlocked,
    TaskClaimed,
    TaskNotClaimable,
    TaskNotHeld,
    TaskStepNotAllowed,
)
from pilothouse.hub.boards.domain.states import STEPS, Actor, ActorKind, TaskStatus


@dataclass(frozen=True, slots=True)
class BoardRules:
    """What a board asks for."""

    require_approval_for_done: bool = False
    require_review_before_done: bool = False
    comment_required_for_review: bool = False
    block_status_changes_with_pending_approval: bool = False
    only_lead_can_change_status: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """A task as it is, and who wants something of it.

    ``has_comment``: somebody who works on it has commented since it is in progress, or comments with the change.
    ``has_approval``: an approval of ``task.done`` is valid for exactly what the task is now.
    ``worked_by``: ids of the agents that had it since it was begun, and of the leads that made them; ``stands_for``:
    the same two of an agent that wants something. Whoever made a worker holds its token, so the two are one.
    """

    actor: Actor
    rules: BoardRules
    board_id: str
    status: TaskStatus
    assigned: Actor | None = None
    made_by: Actor | None = None
    blocked_by: tuple[str, ...] = ()
    pending_approval_id: str | None = None
    has_approval: bool = False
    has_comment: bool = False
    worked_by: frozenset[str] = frozenset()
    stands_for: frozenset[str] = frozenset()

    @property
    def is_own(self) -> bool:
        return self.actor.is_same(self.assigned)

    @property
    def is_own_work(self) -> bool:
        """Whether an agent, the lead that made it, or another one that this lead made, has worked on it."""
        return self.actor.kind.is_agent and (self.is_own or bool(self.worked_by & self.stands_for))


@dataclass(frozen=True, slots=True)
class Change:
    """What is wanted. ``fields`` are those that change beside status and assignment."""

    status: TaskStatus | None = None
    fields: frozenset[str] = frozenset()
    is_assigning: bool = False


TaskRule = Callable[[Facts, Change], None]
# What a worker fills in on a task it has claimed; the rest says what the task is, which others decided.
WORK = frozenset({"custom_fields"})


def workers_change_their_own_tasks(facts: Facts, change: Change) -> None:
    is_foreign = not facts.is_own and not facts.actor.is_same(facts.made_by)
    if facts.actor.kind is ActorKind.WORKER and (is_foreign or (change.status and not facts.is_own)):
        raise NotYourTask


def workers_do_not_assign(facts: Facts, change: Change) -> None:
    if facts.actor.kind is ActorKind.WORKER and change.is_assigning:
        raise OnlyLeadsAssign


def workers_do_not_plan(facts: Facts, change: Change) -> None:
    planned = sorted(change.fields - WORK)
    if facts.actor.kind is ActorKind.WORKER and planned and not facts.actor.is_same(facts.made_by):
        raise OnlyLeadsPlan(fields=", ".join(planned))


def only_the_lead_changes_status(facts: Facts, change: Change) -> None:
    if change.status and facts.rules.only_lead_can_change_status and facts.actor.kind is ActorKind.WORKER:
        raise OnlyLeadsChangeStatus


def one_step_at_a_time(facts: Facts, change: Change) -> None:
    if change.status and change.status not in STEPS[facts.status]:
        possible = ", ".join(one for one in TaskStatus if one in STEPS[facts.status])
        raise TaskStepNotAllowed(status=facts.status, wanted=change.status, possible=possible)


def blocked_tasks_wait(facts: Facts, change: Change) -> None:
    if facts.blocked_by and change.status and change.status.place > facts.status.place:
        raise TaskBlocked(count=len(facts.blocked_by), first=facts.blocked_by[0])


def no_step_while_an_approval_is_pending(facts: Facts, change: Change) -> None:
    if change.status and facts.rules.block_status_changes_with_pending_approval and facts.pending_approval_id:
        raise ApprovalPending(approval_id=facts.pending_approval_id)


def a_comment_before_review(facts: Facts, change: Change) -> None:
    if change.status is TaskStatus.REVIEW and facts.rules.comment_required_for_review and not facts.has_comment:
        raise CommentRequired


def review_before_done(facts: Facts, change: Change) -> None:
    is_skipped = change.status is TaskStatus.DONE and facts.status is not TaskStatus.REVIEW
    if is_skipped and facts.rules.require_review_before_done:
        raise ReviewRequired


def review_by_another(facts: Facts, change: Change) -> None:
    ends_review = change.status is TaskStatus.DONE and facts.rules.require_review_before_done
    if ends_review and facts.is_own_work:
        raise ReviewByAnother


def an_approval_before_done(facts: Facts, change: Change) -> None:
    if change.status is TaskStatus.DONE and facts.rules.require_approval_for_done and not facts.has_approval:
        raise ApprovalRequired(board_id=facts.board_id)


CHANGE_RULES: tuple[TaskRule, ...] = (
    workers_change_their_own_tasks,
    workers_do_not_assign,
    workers_do_not_plan,
    only_the_lead_changes_status,
    one_step_at_a_time,
    blocked_tasks_wait,
    no_step_while_an_approval_is_pending,
    a_comment_before_review,
    review_before_done,
    review_by_another,
    an_approval_before_done,
)


def people_and_agents_claim(facts: Facts, _change: Change) -> None:
    if facts.actor.kind in (ActorKind.PROGRAM, ActorKind.HUB):
        raise ProgramsDoNotClaim


def one_claims(facts: Facts, _change: Change) -> None:
    if facts.status is TaskStatus.IN_PROGRESS and facts.assigned is not None:
        raise TaskClaimed(winner=facts.assigned.name)
    if facts.status is not TaskStatus.INBOX:
        raise TaskNotClaimable(status=facts.status)
    if facts.assigned is not None and not facts.is_own:
        raise TaskAssigned(assigned=facts.assigned.name)


CLAIM_RULES: tuple[TaskRule, ...] = (
    people_and_agents_claim,
    one_claims,
    only_the_lead_changes_status,
    blocked_tasks_wait,
    no_step_while_an_approval_is_pending,
)


def somebody_holds_it(facts: Facts, _change: Change) -> None:
    if facts.assigned is None or facts.status is TaskStatus.DONE:
        raise TaskNotHeld


def holders_leads_and_people_release(facts: Facts, _change: Change) -> None:
    assert facts.assigned is not None
    if not facts.is_own and facts.actor.kind is ActorKind.WORKER:
        raise NotYoursToRelease(holder=facts.assigned.name)


# Who gives work back does not decide how far it is: only_lead_can_change_status does not keep a worker on a task.
RELEASE_RULES: tuple[TaskRule, ...] = (
    somebody_holds_it,
    holders_leads_and_people_release,
    no_step_while_an_approval_is_pending,
)


def agents_delete_what_agents_made(facts: Facts, _change: Change) -> None:
    if facts.actor.kind is ActorKind.WORKER:
        raise MayNotDelete(reason="A worker deletes no tasks; leave a comment, or ask the lead")
    by_agent = facts.made_by is not None and facts.made_by.kind.is_agent
    if facts.actor.kind is ActorKind.LEAD and not by_agent:
        raise MayNotDelete(reason="The lead deletes tasks that agents made; this one is for a person to delete")


DELETE_RULES: tuple[TaskRule, ...] = (agents_delete_what_agents_made,)


def check(rules: tuple[TaskRule, ...], facts: Facts, change: Change) -> None:
    """Raise what the first rule that refuses says."""
    for rule in rules:
        rule(facts, change)
