"""Tables of tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, Json, UtcDateTime, values_of
from pilothouse.hub.identity.domain import TokenKind

KINDS = values_of(TokenKind, "kind")


class TokenRow(Base):
    """A token as far as it is kept: enough to find and to check it, not enough to use it.

    A robot's or an agent's token that another has taken the place of is good until that other is used for the first
    time; one that was never shown at most until ``superseded_until``.
    """

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[TokenKind] = mapped_column(KINDS)
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(40), unique=True)
    secret_sha256: Mapped[str] = mapped_column(String(64))
    robot_id: Mapped[str | None] = mapped_column(String(100))
    user_id: Mapped[str | None] = mapped_column(String(40), ForeignKey("users.id", ondelete="CASCADE"))
    # Agents come in a later revision; their service ends their tokens with them.
    agent_id: Mapped[str | None] = mapped_column(String(40))
    # The person who made a program's token, however many programs were in between.
    maker_id: Mapped[str | None] = mapped_column(String(40))
    repository: Mapped[str | None] = mapped_column(String(200))
    session_id: Mapped[str | None] = mapped_column(String(40), index=True)
    scopes: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    superseded_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(None, "kind", "created_at", "id"),
        Index(None, "robot_id", "created_at", "id"),
        Index(None, "user_id", "created_at", "id"),
        Index(None, "agent_id", "created_at", "id"),
    )
