"""What sessions leave: output, artifacts; and the tickets that let somebody watch."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, UtcDateTime


class OutputRow(Base):
    """A piece of a command's output. ``offset`` is its place among all bytes the command wrote; those that were dropped
    keep theirs. ``frames`` says which stream and time each part has; ``content`` is None when ``key`` has the bytes."""

    __tablename__ = "lab_output"

    command_id: Mapped[str] = mapped_column(ForeignKey("lab_commands.id", ondelete="CASCADE"), primary_key=True)
    offset: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    size_bytes: Mapped[int]
    stdout_bytes: Mapped[int]
    stderr_bytes: Mapped[int]
    frames: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    key: Mapped[str | None] = mapped_column(String(200))


class ArtifactRow(Base):
    __tablename__ = "lab_artifacts"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("lab_sessions.id", ondelete="CASCADE"))
    command_id: Mapped[str | None] = mapped_column(String(40))
    path: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    content_type: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (Index(None, "session_id", "created_at", "id"),)


class TicketRow(Base):
    """Lets whoever has it watch one session once; only its hash is kept."""

    __tablename__ = "lab_tickets"

    secret_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("lab_sessions.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(20))
    token_id: Mapped[str | None] = mapped_column(String(40))
    made_for: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
