"""The SQL of invites and of codes that sign a browser in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.identity.models import InviteRow, LoginCodeRow


class InviteRows:
    """Queries on invites within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: InviteRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def by_token(self, token_sha256: str) -> InviteRow | None:
        return await self._session.scalar(select(InviteRow).where(InviteRow.token_sha256 == token_sha256))

    async def accept(self, invite_id: str, user_id: str, now: datetime) -> bool:
        """Use an invite up; of several who try at once, one does."""
        used = update(InviteRow).where(InviteRow.id == invite_id, *_open(now))
        used_by = used.values(accepted_at=now, accepted_by=user_id).returning(InviteRow.id)
        return await self._session.scalar(used_by) is not None

    async def page(self, organization_id: str, limit: int, offset: int) -> tuple[Sequence[InviteRow], int]:
        """Newest first, and how many there are."""
        here = InviteRow.organization_id == organization_id
        total = await self._session.scalar(select(func.count()).select_from(InviteRow).where(here)) or 0
        newest = (InviteRow.created_at.desc(), InviteRow.id.desc())
        query = select(InviteRow).where(here).order_by(*newest).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def revoke(self, organization_id: str, invite_id: str, now: datetime) -> InviteRow | None:
        """The invite, which nobody can use from now on; None when there is none."""
        own = (InviteRow.organization_id == organization_id, InviteRow.id == invite_id)
        await self._session.execute(update(InviteRow).where(*own, *_open(now)).values(revoked_at=now))
        return await self._session.scalar(select(InviteRow).where(*own))

    async def revoke_of(self, organization_id: str, inviter_id: str, now: datetime) -> None:
        """End what somebody promised who can no longer keep it."""
        theirs = (InviteRow.organization_id == organization_id, InviteRow.inviter_id == inviter_id)
        await self._session.execute(update(InviteRow).where(*theirs, *_open(now)).values(revoked_at=now))

    async def forget_ended(self, before: datetime) -> None:
        """Delete what nobody can use and ended long ago."""
        await self._session.execute(delete(InviteRow).where(InviteRow.expires_at < before))


class LoginCodeRows:
    """Queries on codes that sign a browser in, within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: LoginCodeRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def use(self, code_sha256: str, now: datetime) -> str | None:
        """Whose code this is, which is used up with it; None when it is nobody's or came too late."""
        used = delete(LoginCodeRow).where(LoginCodeRow.code_sha256 == code_sha256, LoginCodeRow.expires_at > now)
        return await self._session.scalar(used.returning(LoginCodeRow.user_id))

    async def forget_ended(self, now: datetime) -> None:
        await self._session.execute(delete(LoginCodeRow).where(LoginCodeRow.expires_at <= now))


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (InviteRow.accepted_at.is_(None), InviteRow.revoked_at.is_(None), InviteRow.expires_at > now)
