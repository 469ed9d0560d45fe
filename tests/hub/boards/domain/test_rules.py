"""The rules, asked one by one and in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.hub.boards.domain.approvals import (
    AutomaticApproval,
    Decision,
    automatic,
    check_decision,
    digest,
)
from pilothouse.hub.boards.domain.dependencies import check_acyclic
from pilothouse.hub.boards.domain.names import slug_of
from pilothouse.hub.boards.domain.problems import (
    AlreadyDecided,
    ApprovalExpired,
    Changed,
    DependencyCycle,
    NotYourTask,
    OnlyPeopleDecide,
    OwnRequest,
)
from pilothouse.hub.boards.domain.rules import CHANGE_RULES, CLAIM_RULES, BoardRules, Change, Facts, check
from pilothouse.hub.boards.domain.states import STEPS, Actor, ActorKind, ApprovalStatus, TaskStatus
from pilothouse.kit.errors import Problem

PERSON = Actor(ActorKind.PERSON, "local", "Mara")
LEAD = Actor(ActorKind.LEAD, "agt_1", "Lena")
WORKER = Actor(ActorKind.WORKER, "agt_2", "Tessa")
PROGRAM = Actor(ActorKind.PROGRAM, "tok_1", "CI")
EVERYTHING = BoardRules(True, True, True, True, True)
NOW = datetime(2026, 5, 12, 8, tzinfo=UTC)


def facts(actor: Actor = PERSON, status: TaskStatus = TaskStatus.INBOX, **more: object) -> Facts:
    return replace(Facts(actor, BoardRules(), "brd_1", status), **more)  # type: ignore[arg-type]


def code(known: Facts, wanted: Change, rules: tuple[object, ...] = CHANGE_RULES) -> str:
    try:
        check(rules, known, wanted)  # type: ignore[arg-type]
    except Problem as problem:
        return problem.code
    return ""


actors = st.sampled_from([PERSON, LEAD, WORKER, PROGRAM])
statuses = st.sampled_from(list(TaskStatus))
board_rules = st.builds(BoardRules, *(st.booleans() for _ in range(5)))


@given(actor=actors, rules=board_rules, status=statuses, assigned=st.sampled_from([None, WORKER, LEAD, PERSON]))
def test_nothing_is_done_without_the_approval_that_a_board_wants(
    actor: Actor, rules: BoardRules, status: TaskStatus, assigned: Actor | None
) -> None:
    strict = replace(rules, require_approval_for_done=True)
    known = facts(actor, status, rules=strict, assigned=assigned, has_comment=True)

    assert code(known, Change(TaskStatus.DONE))


@given(actor=actors, rules=board_rules, status=statuses, wanted=statuses)
def test_nothing_blocked_moves_forward(actor: Actor, rules: BoardRules, status: TaskStatus, wanted: TaskStatus) -> None:
    known = facts(actor, status, rules=rules, assigned=actor, blocked_by=("tsk_1",), has_approval=True,
                  has_comment=True)  # fmt: skip

    if wanted.place > status.place:
        assert code(known, Change(wanted))
    assert code(known, Change(TaskStatus.IN_PROGRESS), CLAIM_RULES)


@given(actor=actors, rules=board_rules, status=statuses, wanted=statuses)
def test_only_steps_of_the_table_are_taken(
    actor: Actor, rules: BoardRules, status: TaskStatus, wanted: TaskStatus
) -> None:
    known = facts(actor, status, rules=rules, assigned=actor, has_approval=True, has_comment=True)

    if wanted not in STEPS[status]:
        assert code(known, Change(wanted)) in ("task_step_not_allowed", "only_leads_change_status")


@given(status=statuses, assigned=st.sampled_from([None, LEAD, PERSON]), rules=board_rules)
def test_a_worker_moves_nothing_that_is_not_its_own(
    status: TaskStatus, assigned: Actor | None, rules: BoardRules
) -> None:
    for made_by in (None, PERSON, WORKER):
        known = facts(WORKER, status, assigned=assigned, made_by=made_by, rules=rules)
        for wanted in TaskStatus:
            with pytest.raises(NotYourTask):
                check(CHANGE_RULES, known, Change(wanted))


def test_the_first_rule_that_refuses_speaks() -> None:
    known = facts(WORKER, TaskStatus.IN_PROGRESS, rules=EVERYTHING, assigned=WORKER, blocked_by=("tsk_1",),
                  pending_approval_id="apr_1")  # fmt: skip

    asked = (
        known,
        replace(known, rules=replace(EVERYTHING, only_lead_can_change_status=False)),
        replace(known, actor=LEAD),
        replace(known, actor=LEAD, blocked_by=()),
        replace(known, actor=LEAD, blocked_by=(), pending_approval_id=None),
        replace(known, actor=LEAD, status=TaskStatus.REVIEW, blocked_by=(), pending_approval_id=None, assigned=LEAD),
        replace(known, actor=LEAD, status=TaskStatus.REVIEW, blocked_by=(), pending_approval_id=None),
    )

    seen = [code(one, Change(TaskStatus.DONE)) for one in asked]

    assert seen == [
        "only_leads_change_status", "task_blocked", "task_blocked", "approval_pending", "review_required",
        "review_by_another", "approval_required",
    ]  # fmt: skip


def decision(**more: object) -> Decision:
    plain = Decision(
        actor=PERSON, now=NOW, status=ApprovalStatus.PENDING, requested_by=WORKER,
        expires_at=NOW + timedelta(hours=1), version=1, seen_version=None, decided_by="Mara", void_reason="",
        may_decide_own=False,
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def test_people_decide_once_in_time_what_they_have_seen() -> None:
    check_decision(decision())
    check_decision(decision(requested_by=PERSON, may_decide_own=True, seen_version=1))

    for wrong, problem in (
        ({"actor": LEAD}, OnlyPeopleDecide), ({"actor": PROGRAM}, OnlyPeopleDecide),
        ({"requested_by": PERSON}, OwnRequest),
        ({"status": ApprovalStatus.APPROVED}, AlreadyDecided), ({"expires_at": NOW}, ApprovalExpired),
        ({"seen_version": 2}, Changed),
    ):  # fmt: skip
        with pytest.raises(problem):
            check_decision(decision(**wrong))


def test_a_policy_is_for_agents_by_action_and_confidence() -> None:
    policy = [AutomaticApproval("deploy", 90.0), AutomaticApproval("task.done", 80.0)]

    assert automatic(policy, WORKER, "task.done", 80.0) == policy[1]
    assert automatic(policy, WORKER, "task.done", 79.999) is None
    assert automatic(policy, WORKER, "task.do", 100.0) is None
    assert automatic(policy, PERSON, "task.done", 100.0) is None
    assert automatic([], LEAD, "task.done", 100.0) is None


@given(st.dictionaries(st.text(max_size=5), st.recursive(st.none() | st.integers(), lambda one: st.lists(one))))
def test_a_digest_is_of_the_content_not_of_its_order(shown: dict[str, object]) -> None:
    assert digest(shown) == digest(dict(reversed(list(shown.items()))))
    assert digest({**shown, "more": 1}) != digest({**shown, "more": 2})


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=40))
def test_edges_that_are_let_in_never_close_a_circle(edges: list[tuple[int, int]]) -> None:
    graph: dict[str, set[str]] = {}
    for task, other in edges:
        wanted = graph.get(str(task), set()) | {str(other)}
        try:
            check_acyclic(graph, str(task), wanted)
        except DependencyCycle:
            continue
        graph[str(task)] = wanted

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        waiting = list(graph.get(start, ()))
        while waiting:
            here = waiting.pop()
            if here not in found:
                found.add(here)
                waiting += graph.get(here, ())
        return found

    assert not any(task in reached(task) for task in graph)


def test_a_cycle_is_named_from_end_to_end() -> None:
    with pytest.raises(DependencyCycle, match="a → b → c → a"):
        check_acyclic({"b": ["c"], "c": ["a"]}, "a", ["b"])
    long = {str(number): [str(number + 1)] for number in range(50)}
    with pytest.raises(DependencyCycle, match="… → 50"):
        check_acyclic(long, "50", ["0"])


@given(st.text(max_size=300))
def test_a_slug_is_empty_or_fit_for_an_address(name: str) -> None:
    slug = slug_of(name)

    assert len(slug) <= 100
    assert slug == slug.lower().strip("-")
    assert all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in slug)
