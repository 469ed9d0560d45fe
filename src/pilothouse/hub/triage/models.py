"""Tables of rules, and of which incident is on which board."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.boards.domain.states import Priority
from pilothouse.hub.db import Base, Json, UtcDateTime, values_of
from pilothouse.hub.incidents.domain.states import Severity


class IncidentRuleRow(Base):
    """Which incidents become tasks of a board."""

    __tablename__ = "incident_rules"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(100))
    board_id: Mapped[str] = mapped_column(ForeignKey("boards.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    enabled: Mapped[bool]
    min_severity: Mapped[Severity | None] = mapped_column(values_of(Severity, "min_severity"))
    robot_ids: Mapped[list[str]] = mapped_column(Json)
    labels: Mapped[list[str]] = mapped_column(Json)
    incident_rules: Mapped[list[str]] = mapped_column(Json)
    priority: Mapped[Priority | None] = mapped_column(values_of(Priority, "priority"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (Index(None, "board_id", "created_at"),)


class BoardIncidentRow(Base):
    """An incident that a board works on, once; agents of the board read it and its recordings because of this row."""

    __tablename__ = "board_incidents"

    board_id: Mapped[str] = mapped_column(ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"), primary_key=True, index=True)
    # Once the task is deleted, nothing is to be read for it, and no other is made for the same incident.
    task_id: Mapped[str | None] = mapped_column(ForeignKey("tasks.id", ondelete="SET NULL"), index=True)
    rule_id: Mapped[str | None] = mapped_column(String(40))
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    linked_by: Mapped[str] = mapped_column(String(200))


class TriageCursorRow(Base):
    """How far incidents have been looked at. Who holds this row is the only one who makes tasks of them."""

    __tablename__ = "triage_cursor"

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
