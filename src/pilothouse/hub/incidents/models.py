"""Tables of incidents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, BigId, Json, UtcDateTime, values_of
from pilothouse.hub.incidents.domain.states import IncidentState, Severity

STATES = values_of(IncidentState, "state")
SEVERITIES = values_of(Severity, "severity")


class IncidentRow(Base):
    """One failure. ``version`` counts what people changed; what robots report does not get in their way."""

    __tablename__ = "incidents"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    state: Mapped[IncidentState] = mapped_column(STATES)
    severity: Mapped[Severity] = mapped_column(SEVERITIES)
    severity_rank: Mapped[int] = mapped_column(SmallInteger)
    # Once a person has judged it, nothing a robot reports raises it.
    severity_by_person: Mapped[bool]
    robot_id: Mapped[str | None] = mapped_column(String(100))
    rule: Mapped[str] = mapped_column(String(200))
    label: Mapped[str] = mapped_column(String(500))
    opened_by: Mapped[str] = mapped_column(String(200))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
    root_cause: Mapped[str | None] = mapped_column(Text)
    ticket_url: Mapped[str | None] = mapped_column(Text)
    duplicate_of: Mapped[str | None] = mapped_column(String(100))
    recording_count: Mapped[int] = mapped_column(default=0)
    risk_event_count: Mapped[int] = mapped_column(default=0)
    alert_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index(None, "opened_at", "id"),
        Index(None, "state", "severity_rank", "opened_at"),
        Index(None, "robot_id", "opened_at"),
        Index(None, "rule", "last_occurred_at"),
        Index(None, "label", "last_occurred_at"),
    )


class IncidentAliasRow(Base):
    """An id that a robot gave to what was grouped with an earlier incident: it still leads there."""

    __tablename__ = "incident_aliases"

    alias: Mapped[str] = mapped_column(String(100), primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"), index=True)


class IncidentEntryRow(Base):
    """One thing that touched an incident; never changed. With a ``subject`` it is there once."""

    __tablename__ = "incident_entries"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"))
    kind: Mapped[str] = mapped_column(String(50))
    subject: Mapped[str | None] = mapped_column(String(300))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(200))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)

    __table_args__ = (
        UniqueConstraint("incident_id", "kind", "subject"),
        Index(None, "incident_id", "occurred_at", "id"),
        Index(None, "kind", "subject"),
    )


class IncidentCursorRow(Base):
    """How far the hub's events have become incidents. Who holds this row is the only one who groups."""

    __tablename__ = "incident_cursor"

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
