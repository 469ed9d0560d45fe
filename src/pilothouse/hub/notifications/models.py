"""The table of how far the hub's events were told."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base


class NotificationCursorRow(Base):
    """How far the hub's events have become deliveries. Who holds this row is the only one who makes them."""

    __tablename__ = "notification_cursor"

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
