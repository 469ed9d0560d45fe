"""The table of what is remembered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, BigId, Json, UtcDateTime


class MemoryRow(Base):
    """One entry, of a board or of a group. ``number`` is what the search index knows it by."""

    __tablename__ = "memory_entries"

    number: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(40), unique=True)
    organization_id: Mapped[str] = mapped_column(String(100))
    board_id: Mapped[str | None] = mapped_column(ForeignKey("boards.id", ondelete="CASCADE"))
    group_id: Mapped[str | None] = mapped_column(ForeignKey("board_groups.id", ondelete="CASCADE"))
    content: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(Json)
    is_chat: Mapped[bool]
    untrusted: Mapped[bool]
    source: Mapped[str] = mapped_column(String(200))
    author_kind: Mapped[str] = mapped_column(String(20))
    author_id: Mapped[str] = mapped_column(String(200))
    author_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index(None, "board_id", "number"),
        Index(None, "group_id", "number"),
    )
