"""The log and its head."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, UtcDateTime


class AuditRow(Base):
    """One entry; nothing here is ever updated or deleted."""

    __tablename__ = "audit_log"

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(200))
    actor_kind: Mapped[str] = mapped_column(String(20))
    request_id: Mapped[str] = mapped_column(String(128))
    action: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(500))
    details: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index(None, "actor", "sequence"), Index(None, "subject", "sequence"))


class AuditHeadRow(Base):
    """The last entry. Who holds this row is the only one who appends."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
