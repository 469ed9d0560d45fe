"""Sessions, their commands, and the workers that hold them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, BigId, Json, UtcDateTime, values_of
from pilothouse.hub.lab.domain.states import ControlKind, ControlState, Turn
from pilothouse.wire.lab import LabCommandState, LabNetwork, LabSessionState, LabTermination

# Few wait at any time, among however many.
WAITING = text("turn = 'waiting'")
ASKED = text("state = 'waiting'")


class WorkerRow(Base):
    """A process that runs sessions. It is dead once ``lease_until`` has passed without being moved on."""

    __tablename__ = "lab_workers"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    host: Mapped[str] = mapped_column(String(200))
    process: Mapped[str] = mapped_column(String(100))
    capacity: Mapped[int]
    running: Mapped[int]
    level: Mapped[str] = mapped_column(String(20))
    offer: Mapped[dict[str, Any]] = mapped_column(Json)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class BatchRow(Base):
    """Sessions that were asked for together."""

    __tablename__ = "lab_batches"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(200))
    repository: Mapped[str] = mapped_column(String(100))
    total: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))

    __table_args__ = (Index(None, "created_at", "id"),)


class SessionRow(Base):
    """A checkout and what runs in it. ``worker_id`` holds the checkout; ``turn`` says whether it is to do something."""

    __tablename__ = "lab_sessions"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    repository_id: Mapped[str] = mapped_column(ForeignKey("lab_repositories.id", ondelete="CASCADE"))
    repository: Mapped[str] = mapped_column(String(100))
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("lab_batches.id", ondelete="SET NULL"), index=True)
    batch_place: Mapped[int | None]
    commit_sha: Mapped[str | None] = mapped_column(String(64))
    ref: Mapped[str | None] = mapped_column(String(200))
    patch_hash: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[LabSessionState] = mapped_column(values_of(LabSessionState, "state"))
    turn: Mapped[Turn] = mapped_column(values_of(Turn, "turn"))
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    worker_id: Mapped[str | None] = mapped_column(String(40), index=True)
    worker: Mapped[str | None] = mapped_column(String(200))
    sandbox_level: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    reason_code: Mapped[str | None] = mapped_column(String(100))
    details: Mapped[dict[str, Any]] = mapped_column("metadata", Json)
    labels: Mapped[list[str]] = mapped_column(Json)
    recordings: Mapped[list[str]] = mapped_column(Json)
    incident_id: Mapped[str | None] = mapped_column(String(100))
    priority: Mapped[int]
    # What NewLabSession and NewLabCommand share, as asked for.
    run: Mapped[dict[str, Any]] = mapped_column(Json)
    end_when_done: Mapped[bool]
    next_sequence: Mapped[int]
    output_end: Mapped[int] = mapped_column(BigInteger)
    timings: Mapped[dict[str, Any]] = mapped_column(Json)
    summary: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "incident_id", "created_at", "id"),
        Index(None, "repository_id", "created_at", "id"),
        Index(None, "state", "expires_at"),
        Index("ix_lab_sessions_waiting", "priority", "waiting_since", sqlite_where=WAITING, postgresql_where=WAITING),
    )


class CommandRow(Base):
    __tablename__ = "lab_commands"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("lab_sessions.id", ondelete="CASCADE"))
    sequence: Mapped[int]
    state: Mapped[LabCommandState] = mapped_column(values_of(LabCommandState, "state"))
    termination_reason: Mapped[LabTermination | None] = mapped_column(values_of(LabTermination, "termination_reason"))
    exit_code: Mapped[int | None]
    signal: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(Text)
    argv: Mapped[list[str]] = mapped_column(Json)
    cwd: Mapped[str] = mapped_column(String(1_000))
    network: Mapped[LabNetwork] = mapped_column(values_of(LabNetwork, "network"))
    # What it shares with its session, as it holds for this command.
    run: Mapped[dict[str, Any]] = mapped_column(Json)
    interactive: Mapped[bool]
    idempotent: Mapped[bool]
    debugged: Mapped[bool]
    cancel_asked: Mapped[bool]
    attempts: Mapped[int]
    wall_s: Mapped[float | None]
    cpu_s: Mapped[float | None]
    peak_memory_bytes: Mapped[int | None] = mapped_column(BigInteger)
    output_base: Mapped[int | None] = mapped_column(BigInteger)
    output_end: Mapped[int] = mapped_column(BigInteger)
    stdout_bytes: Mapped[int] = mapped_column(BigInteger)
    stderr_bytes: Mapped[int] = mapped_column(BigInteger)
    dropped_bytes: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("session_id", "sequence"),
        Index(None, "session_id", "state", "sequence"),
    )


class ControlRow(Base):
    """Something asked of the worker that holds a session, and its answer."""

    __tablename__ = "lab_controls"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("lab_sessions.id", ondelete="CASCADE"))
    command_id: Mapped[str | None] = mapped_column(String(40))
    worker_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[ControlKind] = mapped_column(values_of(ControlKind, "kind"))
    state: Mapped[ControlState] = mapped_column(values_of(ControlState, "state"))
    request: Mapped[dict[str, Any]] = mapped_column(Json)
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (
        Index(None, "session_id"),
        Index("ix_lab_controls_waiting", "worker_id", "id", sqlite_where=ASKED, postgresql_where=ASKED),
    )
