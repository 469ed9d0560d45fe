"""Tables of what tasks are arranged by. Slugs are unique in an organization."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.boards.domain.states import FieldKind
from pilothouse.hub.db import Base, Json, UtcDateTime, values_of


class BoardGroupRow(Base):
    """Boards that belong together."""

    __tablename__ = "board_groups"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int]

    __table_args__ = (UniqueConstraint("organization_id", "slug"),)


class BoardRow(Base):
    """A board and its rules. Who makes dependencies or agents on it holds this row."""

    __tablename__ = "boards"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(100))
    group_id: Mapped[str | None] = mapped_column(ForeignKey("board_groups.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text)
    objective: Mapped[str] = mapped_column(Text)
    require_approval_for_done: Mapped[bool]
    require_review_before_done: Mapped[bool]
    comment_required_for_review: Mapped[bool]
    block_status_changes_with_pending_approval: Mapped[bool]
    only_lead_can_change_status: Mapped[bool]
    require_approval_to_resolve_incidents: Mapped[bool]
    allow_deciding_own_requests: Mapped[bool]
    max_agents: Mapped[int | None]
    claim_lease_s: Mapped[int]
    approval_expires_s: Mapped[int]
    approval_policy: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int]

    __table_args__ = (UniqueConstraint("organization_id", "slug"), Index(None, "organization_id", "created_at", "id"))


class TagRow(Base):
    """A tag of an organization."""

    __tablename__ = "tags"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(100))
    slug: Mapped[str] = mapped_column(String(100))
    colour: Mapped[str] = mapped_column(String(7))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int]

    __table_args__ = (UniqueConstraint("organization_id", "slug"),)


class CustomFieldRow(Base):
    """A field of tasks, on all boards of an organization or on some. Values stand in the tasks by its key."""

    __tablename__ = "custom_fields"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    kind: Mapped[FieldKind] = mapped_column(values_of(FieldKind, "kind"))
    is_required: Mapped[bool]
    default_value: Mapped[list[Any]] = mapped_column(Json)
    options: Mapped[list[str]] = mapped_column(Json)
    is_everywhere: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int]

    __table_args__ = (UniqueConstraint("organization_id", "key"),)


class CustomFieldBoardRow(Base):
    """A board that has a field which is not everywhere."""

    __tablename__ = "custom_field_boards"

    field_id: Mapped[str] = mapped_column(ForeignKey("custom_fields.id", ondelete="CASCADE"), primary_key=True)
    board_id: Mapped[str] = mapped_column(ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True, index=True)
