"""What of a board's changes concerns an agent, and why. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_SAID_IN = ("body", "content", "text", "description", "comment")
_ENDED = frozenset({"approved", "rejected", "expired", "voided"})


class Reason(StrEnum):
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    LEASE_LOST = "lease_lost"
    UNBLOCKED = "unblocked"
    TASK_CHANGED = "task_changed"
    TASK_DELETED = "task_deleted"
    COMMENT = "comment"
    MENTIONED = "mentioned"
    APPROVAL_DECIDED = "approval_decided"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a board, as far as it matters here."""

    kind: str
    subject_kind: str
    subject_id: str
    actor_id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def task_id(self) -> str | None:
        """The task that it is about."""
        if self.subject_kind == "task":
            return self.subject_id
        found = self.after.get("task_id", self.before.get("task_id"))
        return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True)
class Reader:
    """An agent, and the tasks that are its own now."""

    agent_id: str
    name: str
    tasks: Collection[str] = frozenset()


def mentions(text: str, name: str) -> bool:
    """Whether a text speaks to somebody by ``@name``, whatever the case; ``@Tessa2`` is not ``@Tessa``."""
    return "@" in text and re.search(rf"(?<![\w@.-])@{re.escape(name)}(?![\w-])", text, re.IGNORECASE) is not None


def why(change: Change, reader: Reader) -> Reason | None:
    """The reason why a change concerns an agent; None for one that does not, and for what it did itself."""
    if change.actor_id == reader.agent_id:
        return None
    if change.subject_kind == "task":
        return _of_task(change, reader) or _mentioned(change, reader)
    if change.subject_kind == "approval":
        return _of_approval(change, reader)
    if change.subject_kind == "comment" and change.task_id in reader.tasks and change.after:
        return _mentioned(change, reader) or Reason.COMMENT
    if change.subject_kind in ("webhook", "payload"):
        is_mine = change.kind == "webhook.received" and change.after.get("agent_id") == reader.agent_id
        return Reason.WEBHOOK if is_mine else None
    return _mentioned(change, reader)


def _of_task(change: Change, reader: Reader) -> Reason | None:
    was = change.before.get("assigned_id") == reader.agent_id
    is_now = change.after.get("assigned_id") == reader.agent_id
    if change.kind == "task.unblocked":
        return Reason.UNBLOCKED if is_now else None
    if change.kind == "task.deleted":
        return Reason.TASK_DELETED if was else None
    if was and "assigned_id" in change.after and not is_now:
        return Reason.LEASE_LOST if change.kind == "task.lease_lost" else Reason.UNASSIGNED
    if is_now and not was:
        return Reason.ASSIGNED
    return Reason.TASK_CHANGED if change.subject_id in reader.tasks else None


def _of_approval(change: Change, reader: Reader) -> Reason | None:
    is_mine = {**change.before, **change.after}.get("requested_by_id") == reader.agent_id
    return Reason.APPROVAL_DECIDED if is_mine and change.after.get("status") in _ENDED else None


def _mentioned(change: Change, reader: Reader) -> Reason | None:
    said = (change.after.get(name) for name in _SAID_IN)
    return Reason.MENTIONED if any(isinstance(one, str) and mentions(one, reader.name) for one in said) else None
