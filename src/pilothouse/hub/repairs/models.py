"""Tables of repairs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, UtcDateTime, values_of
from pilothouse.hub.repairs.domain import RepairState

STATES = values_of(RepairState, "state")
QUEUED = text("state = 'queued'")


class RepairRow(Base):
    """The last repair of a recording; asked for again, it begins again."""

    __tablename__ = "repairs"

    session_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    state: Mapped[RepairState] = mapped_column(STATES)
    asked_by: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recovered_id: Mapped[str | None] = mapped_column(String(200))
    message_count: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_repairs_queued", "asked_at", sqlite_where=QUEUED, postgresql_where=QUEUED),)
