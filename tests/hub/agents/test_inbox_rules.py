from __future__ import annotations

from typing import Any

import pytest

from pilothouse.hub.agents.domain.inbox import Change, Reader, mentions, why

ME, OTHER = "agt_me", "agt_other"
READER = Reader(ME, "Tessa", frozenset({"tsk_mine"}))


def change(
    kind: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    *,
    subject: str = "tsk_1",
    actor: str = OTHER,
) -> Change:
    return Change(kind, kind.partition(".")[0], subject, actor, before or {}, after or {})


@pytest.mark.parametrize(
    ("text", "is_meant"),
    [
        ("@Tessa please look", True),
        ("(@tessa)", True),
        ("ask @Tessa.", True),
        ("@Tessa2 please", False),
        ("@Tessa-2 please", False),
        ("mail rob@Tessa.example", False),
        ("Tessa", False),
        ("", False),
    ],
)
def test_a_mention_is_at_and_the_whole_name(text: str, is_meant: bool) -> None:
    assert mentions(text, "Tessa") is is_meant


def test_a_name_is_text_and_no_pattern() -> None:
    assert not mentions("@Axb", "A.b")
    assert mentions("@A.b (lead)!", "A.b (lead)")


def test_what_an_agent_did_itself_does_not_come_back_to_it() -> None:
    assert why(change("task.claimed", {"assigned_id": None}, {"assigned_id": ME}, actor=ME), READER) is None


@pytest.mark.parametrize(
    ("kind", "before", "after", "reason"),
    [
        ("task.updated", {"assigned_id": None}, {"assigned_id": ME}, "assigned"),
        ("task.created", None, {"assigned_id": ME, "title": "t"}, "assigned"),
        ("task.updated", {"assigned_id": ME}, {"assigned_id": OTHER}, "unassigned"),
        ("task.released", {"assigned_id": ME}, {"assigned_id": None}, "unassigned"),
        ("task.lease_lost", {"assigned_id": ME}, {"assigned_id": None}, "lease_lost"),
        ("task.unblocked", {"assigned_id": ME, "blocked": True}, {"assigned_id": ME, "blocked": False}, "unblocked"),
        ("task.unblocked", {"assigned_id": None}, {"assigned_id": None}, None),
        ("task.deleted", {"assigned_id": ME}, None, "task_deleted"),
        ("task.updated", {"assigned_id": OTHER}, {"assigned_id": None}, None),
        ("task.created", None, {"assigned_id": None, "description": "@tessa, yours?"}, "mentioned"),
        ("task.updated", {"title": "a"}, {"title": "b"}, None),
        ("approval.approved", {"status": "pending"}, {"status": "approved", "requested_by_id": ME}, "approval_decided"),
        ("approval.voided", {"status": "approved", "requested_by_id": ME}, {"status": "voided"}, "approval_decided"),
        ("approval.approved", {"status": "pending"}, {"status": "approved", "requested_by_id": OTHER}, None),
        ("approval.created", None, {"status": "pending", "requested_by_id": ME}, None),
        ("comment.created", None, {"task_id": "tsk_mine", "body": "done?"}, "comment"),
        ("comment.created", None, {"task_id": "tsk_2", "body": "done?"}, None),
        ("comment.created", None, {"task_id": "tsk_2", "body": "ask @Tessa"}, "mentioned"),
        ("comment.deleted", {"task_id": "tsk_mine", "body": "done?"}, None, None),
        ("memory.created", None, {"content": "@Tessa knows"}, "mentioned"),
        ("memory.created", None, {"content": "nobody knows"}, None),
        ("webhook.received", None, {"agent_id": ME}, "webhook"),
        ("webhook.received", None, {"agent_id": OTHER, "text": "@Tessa"}, None),
        ("agent.offline", {"liveness": "stale"}, {"liveness": "offline"}, None),
    ],
)
def test_what_concerns_an_agent_has_a_reason(
    kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None, reason: str | None
) -> None:
    assert why(change(kind, before, after), READER) == reason


def test_a_change_of_ones_own_task_concerns_one() -> None:
    assert why(change("task.updated", {"title": "a"}, {"title": "b"}, subject="tsk_mine"), READER) == "task_changed"


def test_the_task_of_a_change_is_the_subject_or_what_it_belongs_to() -> None:
    assert change("task.updated", None, {}).task_id == "tsk_1"
    assert change("comment.created", None, {"task_id": "tsk_2"}).task_id == "tsk_2"
    assert change("comment.deleted", {"task_id": "tsk_2"}, None).task_id == "tsk_2"
    assert change("memory.created", None, {}).task_id is None
