"""Repositories, and what they keep to themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, Json, UtcDateTime


class RepositoryRow(Base):
    __tablename__ = "lab_repositories"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    remote_url: Mapped[str] = mapped_column(Text)
    default_branch: Mapped[str] = mapped_column(String(200))
    setup: Mapped[Any | None] = mapped_column(Json)
    max_parallel: Mapped[int | None]
    details: Mapped[dict[str, Any]] = mapped_column("metadata", Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SecretRow(Base):
    """Written, kept sealed, handed to sessions that ask for it, and never answered."""

    __tablename__ = "lab_secrets"

    repository_id: Mapped[str] = mapped_column(ForeignKey("lab_repositories.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(200))
