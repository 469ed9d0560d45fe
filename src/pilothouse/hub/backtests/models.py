"""Tables of backtests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.backtests.domain import BacktestState
from pilothouse.hub.db import Base, Json, UtcDateTime, values_of

STATES = values_of(BacktestState, "state")


class BacktestRow(Base):
    """Rules, and which recordings they are run over: chosen when it is asked for, so that the answer is one thing."""

    __tablename__ = "backtests"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[BacktestState] = mapped_column(STATES, index=True)
    triggers: Mapped[list[Any]] = mapped_column(Json)
    rules: Mapped[list[str]] = mapped_column(Json)
    around_s: Mapped[float]
    session_ids: Mapped[list[str]] = mapped_column(Json, deferred=True)
    total: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "created_at", "id"),)


class BacktestResultRow(Base):
    """One recording of a backtest, once it is through."""

    __tablename__ = "backtest_results"

    backtest_id: Mapped[str] = mapped_column(ForeignKey("backtests.id", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    robot_id: Mapped[str] = mapped_column(String(100))
    firing_count: Mapped[int]
    firings: Mapped[list[Any]] = mapped_column(Json)
    warnings: Mapped[list[str]] = mapped_column(Json)
    problem: Mapped[str | None] = mapped_column(Text)
    seconds: Mapped[float]
