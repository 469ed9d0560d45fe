"""Tables of signatures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, UtcDateTime

WAITING = text("is_waiting")


class SignatureRow(Base):
    """What the signals of one recording did; none when nothing in it moved or it could not be read."""

    __tablename__ = "recording_signatures"

    session_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    is_waiting: Mapped[bool] = mapped_column(Boolean)
    signature: Mapped[str | None] = mapped_column(String(256))
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_recording_signatures_waiting", "session_id", sqlite_where=WAITING, postgresql_where=WAITING),
    )


class BandRow(Base):
    """One of the places a signature is found by, with the age of its recording: the latest are looked at first."""

    __tablename__ = "recording_signature_bands"

    band: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    recorded_ns: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    session_id: Mapped[str] = mapped_column(String(200), primary_key=True, index=True)
