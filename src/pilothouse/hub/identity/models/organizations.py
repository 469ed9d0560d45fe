"""Tables of organizations, people and invites."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pilothouse.hub.db import Base, Json, UtcDateTime, values_of
from pilothouse.hub.identity.domain import OrganizationRole

ROLES = values_of(OrganizationRole, "role")


class OrganizationRow(Base):
    """An organization. Who changes its members holds its row: they take turns, on every database."""

    __tablename__ = "organizations"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class UserRow(Base):
    """A person. ``subject`` is who they are to whoever vouches for them: the issuer and its name for them."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str | None] = mapped_column(String(500), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320))
    active_organization_id: Mapped[str | None] = mapped_column(
        String(40), ForeignKey("organizations.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class MemberRow(Base):
    """A person in an organization. An owner sees every board whatever the flags say."""

    __tablename__ = "members"

    organization_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(String(40), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[OrganizationRole] = mapped_column(ROLES)
    all_boards_read: Mapped[bool]
    all_boards_write: Mapped[bool]
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    invited_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (Index(None, "user_id", "joined_at"),)


class BoardAccessRow(Base):
    """One board that a member may read, and perhaps write, beside what the member's flags say."""

    __tablename__ = "board_access"

    organization_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    # Boards come in a later revision, so that no key refers to them; who deletes one tells `Access.forget_board`.
    board_id: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)
    can_write: Mapped[bool]

    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "user_id"], ["members.organization_id", "members.user_id"], ondelete="CASCADE"
        ),
    )


class InviteRow(Base):
    """An invitation as far as it is kept: enough to recognise its token, not enough to use it."""

    __tablename__ = "invites"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(String(40), ForeignKey("organizations.id", ondelete="CASCADE"))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str | None] = mapped_column(String(320))
    role: Mapped[OrganizationRole] = mapped_column(ROLES)
    all_boards_read: Mapped[bool]
    all_boards_write: Mapped[bool]
    boards: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    inviter_id: Mapped[str] = mapped_column(String(40))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_by: Mapped[str | None] = mapped_column(String(40))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "organization_id", "created_at", "id"),)


class LoginCodeRow(Base):
    """A code that signs a browser in, once; gone when it was used."""

    __tablename__ = "login_codes"

    code_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(40), ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
