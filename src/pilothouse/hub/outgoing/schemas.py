"""What is asked and answered about destinations and deliveries."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pilothouse.hub.outgoing.domain.delivering import OVERLAP_S, DeliveryState
from pilothouse.wire.base import Moment

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Url = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://\S+$", max_length=2_000)
]


class NewSecret(BaseModel):
    """How to change over to a new secret."""

    model_config = ConfigDict(extra="forbid")

    overlap_s: float = Field(
        OVERLAP_S, ge=0, le=30 * 86_400, description="So long the old secret signs beside the new one"
    )


class DeliveryAttempt(BaseModel):
    """One attempt; ``number`` jumps where a hub was killed in between."""

    number: int
    started_at: Moment
    duration_ms: int
    is_delivered: bool
    status: int | None = Field(description="What the receiver answered, of HTTP or SMTP")
    problem: str | None
    answer: str | None = Field(description="How the receiver's answer begins")


class Delivery(BaseModel):
    """One event for one destination. `id` is what the receiver sees as `webhook-id` each time."""

    id: str
    destination_id: str
    event_sequence: int | None
    event_kind: str
    subject: str
    state: DeliveryState
    attempts: int
    problem: str | None = Field(description="Of the last attempt that failed")
    next_attempt_at: Moment | None
    created_at: Moment
    finished_at: Moment | None


class DeliveryDetail(Delivery):
    """With what is told, and the latest attempts."""

    message: dict[str, Any]
    log: list[DeliveryAttempt]


class DeliveryList(BaseModel):
    items: list[Delivery]
    total: int
    limit: int
    offset: int


class Revived(BaseModel):
    """How many deliveries are sent again."""

    deliveries: int
