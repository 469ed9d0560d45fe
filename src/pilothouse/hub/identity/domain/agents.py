"""Autonomous agents as every slice knows them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pilothouse.hub.identity.domain.organizations import AgentRole

# Two heartbeats may get lost before it counts as stale; after four of its intervals it is gone.
STALE_INTERVALS = 2
OFFLINE_INTERVALS = 4
# What a slow network may add, however short the interval.
JITTER_S = 2.0


class Liveness(StrEnum):
    NEW = "new"
    """Registered, never heard of."""
    ONLINE = "online"
    STALE = "stale"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """One agent; what it may spend is None where nothing limits it."""

    id: str
    organization_id: str
    board_id: str
    name: str
    role: AgentRole
    runtime: str
    identity: str
    labels: dict[str, str]
    heartbeat_interval_s: float
    requests_per_day: int | None
    tasks_per_day: int | None
    cost_micros_per_day: int | None
    spawned_by: str | None
    liveness: Liveness
    liveness_since: datetime
    status: str
    last_seen_at: datetime | None
    created_at: datetime
    created_by: str
    changed_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class AgentsSought:
    """Which agents are meant; None does not narrow. ``boards`` are those that somebody may see, None is all."""

    organization_id: str
    boards: Collection[str] | None = None
    board_id: str | None = None
    role: AgentRole | None = None
    liveness: Liveness | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Beat:
    """The latest heartbeat of an agent, and when it will be missed."""

    seen_at: datetime
    stale_at: datetime
    offline_at: datetime
    status: str


def beat(now: datetime, interval_s: float, status: str) -> Beat:
    """Two of its own intervals without another one make an agent stale, four make it offline."""
    return Beat(
        seen_at=now,
        stale_at=now + timedelta(seconds=STALE_INTERVALS * interval_s + JITTER_S),
        offline_at=now + timedelta(seconds=OFFLINE_INTERVALS * interval_s + JITTER_S),
        status=status,
    )
