"""What is asked and answered about webhooks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pilothouse.hub.outgoing.schemas import Name, Url
from pilothouse.hub.webhooks.domain.signatures import SignatureForm
from pilothouse.hub.webhooks.domain.states import PayloadState, SignaturePolicy, WebhookAction
from pilothouse.wire.base import Moment

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Description = Annotated[str, StringConstraints(max_length=2_000)]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,40}(\.[a-z_]{1,40})?$")]


class NewWebhook(BaseModel):
    """An address for others to post to."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: Description = ""
    enabled: bool = True
    signature: SignaturePolicy = Field(
        SignaturePolicy.REQUIRED, description="`none` lets everybody write who knows the address"
    )
    action: WebhookAction = Field(WebhookAction.MEMORY, description="What each delivery makes on the board")
    tags: list[Tag] = Field(default_factory=list, max_length=10, description="Of the entries in memory")
    secret: str | None = Field(
        None,
        min_length=16,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="The sender's, where the sender makes it; one is made otherwise",
    )


class WebhookChange(BaseModel):
    """What is to be different; what is not named stays. ``version`` is the one you read."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(None, ge=1, description="409 when somebody else was faster; not checked when absent")
    name: Name | None = None
    description: Description | None = None
    enabled: bool | None = None
    signature: SignaturePolicy | None = None
    action: WebhookAction | None = None
    tags: list[Tag] | None = Field(None, max_length=10)


class Webhook(BaseModel):
    """A webhook; its secret is never shown again."""

    id: str
    organization_id: str
    board_id: str
    path: str = Field(description="Where others post to")
    name: str
    description: str
    enabled: bool
    signature: SignaturePolicy
    action: WebhookAction
    tags: list[str]
    previous_secret_until: Moment | None = Field(description="Until then the secret before this one is good too")
    created_at: Moment
    created_by: str
    changed_at: Moment
    version: int
    waiting: int = Field(0, description="Payloads that wait for an attempt")
    dead: int = Field(0, description="Payloads that were given up")


class MadeWebhook(Webhook):
    """A new webhook, or one with a new secret."""

    secret: str | None = Field(
        None, description="In this answer only; an `Idempotency-Key` sent again does not show it again"
    )


class WebhookList(BaseModel):
    items: list[Webhook]
    total: int
    limit: int
    offset: int


class Accepted(BaseModel):
    """It is durable, and what it is to do is done soon. The same delivery sent again gets the same answer."""

    id: str
    state: PayloadState = PayloadState.WAITING


class Payload(BaseModel):
    """One delivery of somebody's, and what came of it."""

    id: str
    webhook_id: str
    delivery_id: str | None = Field(description="The sender's, which tells a repeated delivery from a new one")
    received_at: Moment
    source_ip: str
    form: SignatureForm
    size_bytes: int
    state: PayloadState
    attempts: int
    problem: str | None = Field(description="Of the last attempt that failed")
    finished_at: Moment | None
    memory_id: str | None
    task_id: str | None


class PayloadDetail(Payload):
    """With what was sent. It comes from outside: an agent gets it fenced, as data."""

    headers: dict[str, str]
    content: str = Field(description="The body as text; what is no UTF-8 is replaced")
    untrusted: bool = True
    fenced_text: str = Field(description="The body between two lines with a marker that it cannot contain")


class PayloadList(BaseModel):
    items: list[Payload]
    total: int
    limit: int
    offset: int


class NewSubscription(BaseModel):
    """Where a board's events are posted to, signed as standardwebhooks says."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    url: Url
    enabled: bool = True
    kinds: list[Kind] = Field(
        default_factory=list, max_length=50, description="Such as `task` or `approval.decided`; none is all"
    )


class SubscriptionChange(BaseModel):
    """What is to be different; what is not named stays. ``version`` is the one you read."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(None, ge=1, description="409 when somebody else was faster; not checked when absent")
    name: Name | None = None
    url: Url | None = None
    enabled: bool | None = None
    kinds: list[Kind] | None = Field(None, max_length=50)


class Subscription(BaseModel):
    """Where a board's events go. Its secret is never shown again, and neither is what of its address may be one."""

    id: str
    organization_id: str
    board_id: str
    agent_id: str | None = Field(description="The agent that made it; null when a person did")
    name: str
    enabled: bool
    address: str | None = Field(description="The URL, without what follows `?`")
    kinds: list[str]
    previous_secret_until: Moment | None
    created_at: Moment
    created_by: str
    changed_at: Moment
    version: int
    waiting: int = 0
    dead: int = 0


class MadeSubscription(Subscription):
    secret: str | None = Field(
        None, description="In this answer only; an `Idempotency-Key` sent again does not show it again"
    )


class SubscriptionList(BaseModel):
    items: list[Subscription]
    total: int
    limit: int
    offset: int


class GivenUp(BaseModel):
    """A webhook or a subscription of a board, and how much of it was given up."""

    way: Literal["in", "out"] = Field(description="`in` is a webhook, `out` a subscription")
    id: str
    name: str
    board_id: str
    board_name: str
    dead: int
    latest_at: Moment = Field(description="When something was last given up")
    can_write: bool = Field(description="Whether you may have it tried again")


class GivenUpList(BaseModel):
    items: list[GivenUp]
    total: int
    limit: int
    offset: int
