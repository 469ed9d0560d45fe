"""Tables of tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.boards.domain.states import ActorKind, Priority, TaskStatus
from pilothouse.hub.db import Base, Json, UtcDateTime, values_of


class TaskRow(Base):
    """A task. ``version`` counts every change, ``content_version`` those after which an approval of it is void.

    An agent that has claimed it holds it until ``lease_until``, a person until they release it. ``worked_by`` are the
    agents that had it since it left the inbox, with the leads that made them: none of these ends its review.
    """

    __tablename__ = "tasks"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(100))
    board_id: Mapped[str] = mapped_column(ForeignKey("boards.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = mapped_column(Text)
    status: Mapped[TaskStatus] = mapped_column(values_of(TaskStatus, "status"))
    priority: Mapped[Priority] = mapped_column(values_of(Priority, "priority"))
    priority_rank: Mapped[int] = mapped_column(SmallInteger)
    assigned_kind: Mapped[ActorKind | None] = mapped_column(values_of(ActorKind, "assigned_kind"))
    assigned_id: Mapped[str | None] = mapped_column(String(100))
    assigned_name: Mapped[str | None] = mapped_column(String(200))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    custom_fields: Mapped[dict[str, Any]] = mapped_column(Json)
    worked_by: Mapped[list[str]] = mapped_column(Json)
    incident_id: Mapped[str | None] = mapped_column(String(100))
    comment_count: Mapped[int]
    made_by_kind: Mapped[ActorKind] = mapped_column(values_of(ActorKind, "made_by_kind"))
    made_by_id: Mapped[str] = mapped_column(String(100))
    made_by_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int]
    content_version: Mapped[int]

    __table_args__ = (
        Index(None, "board_id", "created_at", "id"),
        Index(None, "board_id", "status", "created_at", "id"),
        Index(None, "assigned_id", "status"),
        Index(None, "lease_until"),
        Index(None, "incident_id"),
    )


class TaskDependencyRow(Base):
    """A task waits for another one of its board."""

    __tablename__ = "task_dependencies"

    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    depends_on_id: Mapped[str] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True)

    __table_args__ = (CheckConstraint("task_id <> depends_on_id", name="not_itself"),)


class TaskTagRow(Base):
    __tablename__ = "task_tags"

    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[str] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True)


class CommentRow(Base):
    """What somebody said about a task."""

    __tablename__ = "task_comments"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    body: Mapped[str] = mapped_column(Text)
    made_by_kind: Mapped[ActorKind] = mapped_column(values_of(ActorKind, "made_by_kind"))
    made_by_id: Mapped[str] = mapped_column(String(100))
    made_by_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int]

    __table_args__ = (Index(None, "task_id", "created_at", "id"),)
