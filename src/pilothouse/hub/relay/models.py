"""Who is watched."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, UtcDateTime


class WatchedRow(Base):
    """A robot somebody wants to see live, until a moment that whoever watches moves on: any hub may hear from the
    robot next."""

    __tablename__ = "watched_robots"

    robot_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
