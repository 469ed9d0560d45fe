"""Tables of the recordings slice."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, Enum, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from pilothouse.hub.db import Base, BigId, Json, UtcDateTime
from pilothouse.wire import RecordingState

STATES = Enum(
    RecordingState,
    name="state",
    native_enum=False,
    create_constraint=True,
    length=20,
    values_callable=lambda states: [state.value for state in states],
)

# Few rows wait at any time, among however many.
WAITING = text("state = 'indexing'")
PINNED = text("pinned_at IS NOT NULL")
NOT_REMOVED = text("NOT is_removed")


class FileName(TypeDecorator[str]):
    """A file name as the system gives it; bytes that are not UTF-8 are kept percent-encoded."""

    impl = String(800)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return re.sub("[%\udc80-\udcff]", lambda found: f"%{ord(found[0]) & 0xFF:02X}", value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return re.sub("%([0-9A-F]{2})", lambda found: _character(int(found[1], 16)), value)


def _character(byte: int) -> str:
    return chr(0xDC00 | byte) if byte >= 0x80 else chr(byte)


class RecordingRow(Base):
    """One recording: a file in the sessions directory, or one that its robot has announced."""

    __tablename__ = "recordings"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[str] = mapped_column(String(200), unique=True)
    file_name: Mapped[str] = mapped_column(FileName, unique=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[RecordingState] = mapped_column(STATES)
    robot_id: Mapped[str] = mapped_column(String(100))
    # The robot whose own credential delivered the file: it wins over what the file says.
    delivered_by: Mapped[str | None] = mapped_column(String(100))
    announced_robot_id: Mapped[str | None] = mapped_column(String(100))
    label: Mapped[str] = mapped_column(String(500), default="")
    reason: Mapped[str | None] = mapped_column(String(100))
    incident_id: Mapped[str | None] = mapped_column(String(100), index=True)
    trigger: Mapped[dict[str, Any] | None] = mapped_column(Json)
    drops: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    # Kilobytes each: lists read the names alone.
    channels: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list, deferred=True)
    topics: Mapped[list[str]] = mapped_column(Json, default=list)
    rule: Mapped[str | None] = mapped_column(String(200))
    message_count: Mapped[int] = mapped_column(BigInteger, default=0)
    started_ns: Mapped[int | None] = mapped_column(BigInteger)
    ended_ns: Mapped[int | None] = mapped_column(BigInteger)
    duration_ns: Mapped[int] = mapped_column(BigInteger, default=0)
    recorded_ns: Mapped[int] = mapped_column(BigInteger)
    damage: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    indexed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    announced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pinned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pinned_by: Mapped[str | None] = mapped_column(String(200))
    pin_reason: Mapped[str | None] = mapped_column(Text)
    # Kilobytes that a list never shows.
    preview: Mapped[list[dict[str, Any]] | None] = mapped_column(Json, deferred=True)

    __table_args__ = (
        Index(None, "recorded_ns", "id"),
        Index(None, "robot_id", "recorded_ns", "id"),
        Index(None, "label", "recorded_ns", "id"),
        Index(None, "rule", "recorded_ns", "id"),
        Index(None, "reason", "recorded_ns", "id"),
        Index(None, "state", "recorded_ns", "id"),
        Index(None, "size_bytes", "id"),
        Index(None, "duration_ns", "id"),
        Index("ix_recordings_indexing", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_recordings_pinned", "recorded_ns", "id", sqlite_where=PINNED, postgresql_where=PINNED),
    )


class DeletedRow(Base):
    """A recording that was here and was deleted: hearsay does not bring it back, only its bytes do."""

    __tablename__ = "deleted_recordings"

    session_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    robot_id: Mapped[str] = mapped_column(String(100))
    why: Mapped[str] = mapped_column(String(20))
    deleted_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    # The version of the file that a person deleted: seen again, it stays deleted.
    file_name: Mapped[str | None] = mapped_column(FileName)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    mtime_ns: Mapped[int | None] = mapped_column(BigInteger)
    is_removed: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        Index("ix_deleted_recordings_waiting", "session_id", sqlite_where=NOT_REMOVED, postgresql_where=NOT_REMOVED),
    )


class AnnotationRow(Base):
    """What a person wrote at a time or a span of a recording.

    It hangs on the id and not on the row of the recording: a file that vanishes and comes back finds its remarks.
    """

    __tablename__ = "annotations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[str] = mapped_column(String(200))
    time_ns: Mapped[int] = mapped_column(BigInteger)
    end_time_ns: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(200), default="")
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    # The id of a deleted remark is never given to another.
    __table_args__ = (Index(None, "session_id", "time_ns", "id"), {"sqlite_autoincrement": True})


class UploadRow(Base):
    """A delivery under way, or completed a short while ago so that a client that missed the answer can ask."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(200), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    robot_id: Mapped[str | None] = mapped_column(String(100))
    delivered_by: Mapped[str | None] = mapped_column(String(100))
    length: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
