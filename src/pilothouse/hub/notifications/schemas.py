"""What is asked and answered about notifications."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pilothouse.hub.incidents.domain.states import IncidentState, Severity
from pilothouse.hub.notifications.domain.notices import NoticeKind
from pilothouse.hub.outgoing.domain.delivering import DestinationKind
from pilothouse.hub.outgoing.schemas import Name, Url
from pilothouse.wire.base import Moment, RobotId

Mailbox = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,252}$")
]
Site = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Filters(BaseModel):
    """What to tell; an empty list and null mean any."""

    model_config = ConfigDict(extra="forbid")

    kinds: list[NoticeKind] = Field(default_factory=list, max_length=50)
    incident_states: list[IncidentState] = Field(
        default_factory=list,
        max_length=20,
        description="Of `incident.changed`, only when it has just become one of these",
    )
    min_severity: Severity | None = None
    robot_ids: list[RobotId] = Field(default_factory=list, max_length=1_000)
    sites: list[Site] = Field(default_factory=list, max_length=100)


class NewDestination(BaseModel):
    """Where to tell, and what. Webhooks and Slack-compatible chats have a `url`, mail has `recipients`."""

    model_config = ConfigDict(extra="forbid")

    kind: DestinationKind
    name: Name
    enabled: bool = True
    url: Url | None = None
    recipients: list[Mailbox] = Field(default_factory=list, max_length=50)
    filters: Filters = Field(default_factory=Filters)


class DestinationChange(BaseModel):
    """What is to be different; what is not named stays. ``version`` is the one you read."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(None, ge=1, description="409 when somebody else was faster; not checked when absent")
    name: Name | None = None
    enabled: bool | None = None
    url: Url | None = None
    recipients: list[Mailbox] | None = Field(None, min_length=1, max_length=50)
    filters: Filters | None = None


class Destination(BaseModel):
    """One destination. Its secret is never shown again, and neither is what of its address may be one."""

    id: str
    kind: DestinationKind
    name: str
    enabled: bool
    address: str | None = Field(
        description="The URL, without what follows `?`; of a chat without its path, which is a secret"
    )
    recipients: list[str]
    filters: Filters
    previous_secret_until: Moment | None = Field(description="Until then the secret before this one signs too")
    created_at: Moment
    created_by: str
    changed_at: Moment
    version: int
    waiting: int = Field(0, description="Deliveries that wait for an attempt")
    dead: int = Field(0, description="Deliveries that were given up")


class MadeDestination(Destination):
    """A new destination, or one with a new secret."""

    secret: str | None = Field(
        None, description="Of a webhook, in this answer only; an `Idempotency-Key` sent again does not show it again"
    )


class DestinationList(BaseModel):
    items: list[Destination]
    total: int
    limit: int
    offset: int
