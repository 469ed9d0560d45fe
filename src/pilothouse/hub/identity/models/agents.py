"""The table of autonomous agents: what callers are, and what others see of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, Json, UtcDateTime, values_of
from pilothouse.hub.identity.domain import AgentRole
from pilothouse.hub.identity.domain.agents import Liveness

ROLES = values_of(AgentRole, "role")
LIVENESSES = values_of(Liveness, "liveness")
_IS_LEAD = text("role = 'lead'")


class AgentRow(Base):
    """An agent of any runtime. ``version`` counts what people changed; heartbeats do not get in their way.

    ``stale_at`` and ``offline_at`` say when it will be that without another heartbeat.
    """

    __tablename__ = "agents"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(40))
    board_id: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[AgentRole] = mapped_column(ROLES)
    runtime: Mapped[str] = mapped_column(String(200))
    identity: Mapped[str] = mapped_column(Text)
    labels: Mapped[dict[str, str]] = mapped_column(Json)
    heartbeat_interval_s: Mapped[float]
    requests_per_day: Mapped[int | None]
    tasks_per_day: Mapped[int | None]
    cost_micros_per_day: Mapped[int | None] = mapped_column(BigInteger)
    # The lead that made it; None for one that a person registered.
    spawned_by: Mapped[str | None] = mapped_column(String(40))
    liveness: Mapped[Liveness] = mapped_column(LIVENESSES)
    liveness_since: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(40))
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stale_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    offline_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("board_id", "name"),
        # A board has at most one lead, whoever registers two at the same moment.
        Index("uq_agents_lead", "board_id", unique=True, sqlite_where=_IS_LEAD, postgresql_where=_IS_LEAD),
        Index(None, "organization_id", "created_at", "id"),
        Index(None, "board_id", "created_at", "id"),
        Index(None, "liveness", "stale_at"),
        Index(None, "liveness", "offline_at"),
    )
