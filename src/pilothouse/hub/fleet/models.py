"""Tables of the fleet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, Json, UtcDateTime


class RobotRow(Base):
    """A robot known by heartbeat or by recording; ``last_seen_at`` and ``heartbeat`` are of the last heartbeat."""

    __tablename__ = "robots"

    robot_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    interval_s: Mapped[float | None]
    heartbeat: Mapped[dict[str, Any] | None] = mapped_column(Json)
