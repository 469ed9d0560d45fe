"""What failed, and when to try again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, UtcDateTime


class JobFailureRow(Base):
    __tablename__ = "job_failures"

    job: Mapped[str] = mapped_column(String(100), primary_key=True)
    subject: Mapped[str] = mapped_column(String(300), primary_key=True)
    attempts: Mapped[int]
    error: Mapped[str] = mapped_column(Text)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
