"""States, priorities, and who acts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TaskStatus(StrEnum):
    INBOX = "inbox"
    """Nobody works on it."""
    IN_PROGRESS = "in_progress"
    REVIEW = "review"
    DONE = "done"

    @property
    def place(self) -> int:
        """How far it is."""
        return list(TaskStatus).index(self)


STEPS: dict[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.INBOX: frozenset({TaskStatus.IN_PROGRESS}),
    TaskStatus.IN_PROGRESS: frozenset({TaskStatus.INBOX, TaskStatus.REVIEW, TaskStatus.DONE}),
    TaskStatus.REVIEW: frozenset({TaskStatus.INBOX, TaskStatus.IN_PROGRESS, TaskStatus.DONE}),
    TaskStatus.DONE: frozenset({TaskStatus.INBOX, TaskStatus.IN_PROGRESS}),
}
"""What may follow what; forward one at a time, but that review may be passed over where a board does not ask for it."""


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        return list(Priority).index(self)


class ActorKind(StrEnum):
    PERSON = "person"
    LEAD = "lead"
    WORKER = "worker"
    PROGRAM = "program"
    """Something with an API token."""
    HUB = "hub"
    """This hub by itself: rules over incidents, leases that end, approvals by a board's policy."""

    @property
    def is_agent(self) -> bool:
        return self in (ActorKind.LEAD, ActorKind.WORKER)

    @property
    def is_person(self) -> bool:
        return self is ActorKind.PERSON


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. ``id`` stays the same whatever they are called."""

    kind: ActorKind
    id: str
    name: str

    def is_same(self, other: Actor | None) -> bool:
        """An agent that became lead is the same agent."""
        return other is not None and self.id == other.id and self.kind.is_agent == other.kind.is_agent


THE_HUB = Actor(ActorKind.HUB, "hub", "the hub itself")


class ApprovalStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOIDED = "voided"
    """What was shown has changed since, or the task was opened again."""
    WITHDRAWN = "withdrawn"
    """By whoever had asked for it."""


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    ENUM = "enum"
    URL = "url"
