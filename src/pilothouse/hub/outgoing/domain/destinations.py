"""Where to tell, whose that is, and which deliveries somebody asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pilothouse.hub.outgoing.domain.delivering import DeliveryState, DestinationKind


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose destinations are meant: those of one board, of them only an agent's when it is named; without a board
    those of the hub itself."""

    board_id: str | None = None
    agent_id: str | None = None
    organization_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewDestination:
    """``filters`` are in the words of whoever makes it; ``url`` is checked already."""

    kind: DestinationKind
    name: str
    enabled: bool
    url: str | None
    recipients: Sequence[str]
    filters: Mapping[str, Any]
    created_by: str


@dataclass(frozen=True, slots=True)
class Destination:
    """One of them as it is kept. ``secret`` signs; ``previous_secret`` signs too, until a time."""

    id: str
    organization_id: str | None
    board_id: str | None
    agent_id: str | None
    kind: DestinationKind
    name: str
    enabled: bool
    url: str | None = field(repr=False)
    recipients: Sequence[str]
    filters: Mapping[str, Any]
    secret: str | None = field(repr=False)
    previous_secret: str | None = field(repr=False)
    previous_until: datetime | None
    created_at: datetime
    created_by: str
    changed_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class DeadDelivery:
    """One that was given up, and what was wrong the last time."""

    id: str
    destination_id: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What a board has that something was given up for: how much, and when that last was."""

    board_id: str
    id: str
    name: str
    dead: int
    latest_at: datetime


@dataclass(frozen=True, slots=True)
class Sought:
    """Which deliveries are meant; None means any. Those of one board, or those of none."""

    destination_id: str | None = None
    state: DeliveryState | None = None
    kind: str | None = None
    subject: str | None = None
    board_id: str | None = None
