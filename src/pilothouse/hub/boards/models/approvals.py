"""Tables of approvals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.boards.domain.states import ActorKind, ApprovalStatus
from pilothouse.hub.db import Base, BigId, Json, UtcDateTime, values_of


class ApprovalRow(Base):
    """Somebody asks to be allowed something. ``shown`` is what whoever decides sees, ``digest`` its SHA-256."""

    __tablename__ = "approvals"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(100))
    board_id: Mapped[str] = mapped_column(ForeignKey("boards.id", ondelete="CASCADE"))
    action_type: Mapped[str] = mapped_column(String(100))
    status: Mapped[ApprovalStatus] = mapped_column(values_of(ApprovalStatus, "status"))
    confidence: Mapped[float]
    shown: Mapped[dict[str, Any]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(String(64))
    requested_by_kind: Mapped[ActorKind] = mapped_column(values_of(ActorKind, "requested_by_kind"))
    requested_by_id: Mapped[str] = mapped_column(String(100))
    requested_by_name: Mapped[str] = mapped_column(String(200))
    void_reason: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_for: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int]

    __table_args__ = (
        Index(None, "board_id", "created_at", "id"),
        Index(None, "board_id", "status", "created_at", "id"),
        Index(None, "status", "expires_at"),
    )


class ApprovalTaskRow(Base):
    """A task that an approval is about, at the version that was shown. A task has one pending approval at most."""

    __tablename__ = "approval_tasks"

    approval_id: Mapped[str] = mapped_column(ForeignKey("approvals.id", ondelete="CASCADE"), primary_key=True)
    # A deleted task leaves its approvals as they were.
    task_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    content_version: Mapped[int]
    is_pending: Mapped[bool]
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_approval_tasks_task_id", "task_id"),
        Index(
            "uq_approval_tasks_pending", "task_id", unique=True,
            postgresql_where=text("is_pending"), sqlite_where=text("is_pending"),
        ),
    )  # fmt: skip


class ApprovalDecisionRow(Base):
    """What was decided, by whom, about exactly what; only ever added to."""

    __tablename__ = "approval_decisions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    approval_id: Mapped[str] = mapped_column(ForeignKey("approvals.id", ondelete="CASCADE"), index=True)
    status: Mapped[ApprovalStatus] = mapped_column(values_of(ApprovalStatus, "status"))
    decided_by_kind: Mapped[ActorKind] = mapped_column(values_of(ActorKind, "decided_by_kind"))
    decided_by_id: Mapped[str] = mapped_column(String(100))
    decided_by_name: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
