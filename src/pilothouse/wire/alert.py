"""What a robot has to say about its own connection, once it can say it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from pilothouse.wire.base import Message, Moment


class DeliveryAlertKind(StrEnum):
    FAILING = "delivery_failing"
    RECOVERED = "delivery_recovered"


class DeliveryAlert(Message):
    """Delivery began to fail, or works again; both of one outage have its ``outage_id``. Sent until acknowledged."""

    alert_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")
    outage_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")
    kind: DeliveryAlertKind
    occurred_at: Moment
    reason: str = Field("", max_length=2_000)
