"""The table of risk events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, BigId, Json, UtcDateTime


class RiskEventRow(Base):
    """One notable cycle of a guard, once, however often it is sent.

    An id counts within its robot: no robot can keep another's event out by taking its id.
    """

    __tablename__ = "risk_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    robot_id: Mapped[str] = mapped_column(String(100))
    event_id: Mapped[str] = mapped_column(String(100))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(10))
    decision: Mapped[str] = mapped_column(String(10))
    risk_level: Mapped[str] = mapped_column(String(20))
    risk_rank: Mapped[int] = mapped_column(SmallInteger)
    mode: Mapped[str] = mapped_column(String(20))
    incident_id: Mapped[str | None] = mapped_column(String(100), index=True)
    task: Mapped[str | None] = mapped_column(String(200))
    boundary: Mapped[str | None] = mapped_column(String(200))
    layer: Mapped[str | None] = mapped_column(String(2))
    reason: Mapped[str] = mapped_column(Text)
    fallback: Mapped[str | None] = mapped_column(String(200))
    cycle_id: Mapped[int | None] = mapped_column(BigInteger)
    guard_session_id: Mapped[str | None] = mapped_column(String(200))
    requested: Mapped[list[float] | None] = mapped_column(Json)
    executed: Mapped[list[float] | None] = mapped_column(Json)

    __table_args__ = (
        UniqueConstraint("robot_id", "event_id"),
        Index(None, "occurred_at", "id"),
        Index(None, "robot_id", "occurred_at", "id"),
    )
