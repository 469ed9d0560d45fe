"""Tables of destinations and of what is delivered there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Enum, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, Json, UtcDateTime
from pilothouse.hub.outgoing.domain.delivering import DeliveryState, DestinationKind

KINDS = Enum(
    DestinationKind, name="kind", native_enum=False, create_constraint=True, length=20,
    values_callable=lambda kinds: [kind.value for kind in kinds],
)  # fmt: skip
STATES = Enum(
    DeliveryState, name="state", native_enum=False, create_constraint=True, length=20,
    values_callable=lambda states: [state.value for state in states],
)  # fmt: skip


class DestinationRow(Base):
    """Where to tell, and what. ``secret`` signs; ``previous_secret`` signs too, until a time. Those of the hub itself
    belong to no board; ``filters`` are in the words of whoever made it."""

    __tablename__ = "notification_destinations"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str | None] = mapped_column(String(100))
    board_id: Mapped[str | None] = mapped_column(String(100))
    agent_id: Mapped[str | None] = mapped_column(String(100))
    kind: Mapped[DestinationKind] = mapped_column(KINDS)
    name: Mapped[str] = mapped_column(String(200))
    enabled: Mapped[bool]
    url: Mapped[str | None] = mapped_column(Text)
    recipients: Mapped[list[str]] = mapped_column(Json)
    filters: Mapped[dict[str, Any]] = mapped_column(Json)
    secret: Mapped[str | None] = mapped_column(String(100))
    previous_secret: Mapped[str | None] = mapped_column(String(100))
    previous_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (Index(None, "created_at", "id"), Index(None, "board_id", "created_at"))


class DeliveryRow(Base):
    """One event for one destination. ``tries`` counts since it was last sent by a person, ``attempts`` all of them.

    Whoever attempts it holds it until ``leased_until``: when a hub dies meanwhile, it is anybody's again.
    """

    __tablename__ = "notifications"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    destination_id: Mapped[str] = mapped_column(ForeignKey("notification_destinations.id", ondelete="CASCADE"))
    event_sequence: Mapped[int | None] = mapped_column(BigInteger)
    event_kind: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(300))
    message: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[DeliveryState] = mapped_column(STATES)
    attempts: Mapped[int]
    tries: Mapped[int]
    most_tries: Mapped[int]
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("destination_id", "event_sequence"),
        Index(None, "state", "next_attempt_at"),
        Index(None, "destination_id", "state", "next_attempt_at"),
        Index(None, "created_at", "id"),
        Index(None, "finished_at"),
    )


class AttemptRow(Base):
    """One attempt of a delivery and what came of it."""

    __tablename__ = "notification_attempts"

    delivery_id: Mapped[str] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    duration_ms: Mapped[int]
    is_delivered: Mapped[bool]
    status: Mapped[int | None]
    problem: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
