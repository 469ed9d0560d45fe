"""Tables of webhooks and of what came in through them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, Json, UtcDateTime, values_of
from pilothouse.hub.webhooks.domain.signatures import SignatureForm
from pilothouse.hub.webhooks.domain.states import PayloadState, SignaturePolicy, WebhookAction


class WebhookRow(Base):
    """An address that others post to. ``previous_secret`` is good too, until a time."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(100))
    board_id: Mapped[str] = mapped_column(ForeignKey("boards.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool]
    signature: Mapped[SignaturePolicy] = mapped_column(values_of(SignaturePolicy, "signature"))
    action: Mapped[WebhookAction] = mapped_column(values_of(WebhookAction, "action"))
    tags: Mapped[list[str]] = mapped_column(Json)
    secret: Mapped[str | None] = mapped_column(String(200))
    previous_secret: Mapped[str | None] = mapped_column(String(200))
    previous_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (Index(None, "board_id", "created_at"),)


class PayloadRow(Base):
    """One delivery of somebody's, byte for byte; a ``delivery_id`` is there once for each webhook."""

    __tablename__ = "webhook_payloads"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    delivery_id: Mapped[str | None] = mapped_column(String(200))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source_ip: Mapped[str] = mapped_column(String(100))
    form: Mapped[SignatureForm] = mapped_column(values_of(SignatureForm, "form"))
    headers: Mapped[dict[str, str]] = mapped_column(Json)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    size_bytes: Mapped[int]
    state: Mapped[PayloadState] = mapped_column(values_of(PayloadState, "state"))
    attempts: Mapped[int]
    tries: Mapped[int]
    problem: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    memory_id: Mapped[str | None] = mapped_column(String(40))
    task_id: Mapped[str | None] = mapped_column(String(40))

    __table_args__ = (
        UniqueConstraint("webhook_id", "delivery_id"),
        Index(None, "webhook_id", "received_at", "id"),
        Index(None, "state", "received_at"),
        Index(None, "finished_at"),
    )


class SubscriptionCursorRow(Base):
    """How far the changes of an organization have become deliveries. Who holds this row is the only one who makes
    them."""

    __tablename__ = "subscription_cursors"

    organization_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
