"""The SQL of tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import UtcDateTime
from pilothouse.hub.identity.domain import TokenKind
from pilothouse.hub.identity.models import TokenRow


class TokenRows:
    """Queries on tokens within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_prefix(self, prefix: str) -> TokenRow | None:
        return await self._session.scalar(select(TokenRow).where(TokenRow.prefix == prefix))

    async def add(self, row: TokenRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def page(
        self, *, kind: TokenKind | None, robot_id: str | None, limit: int, offset: int
    ) -> tuple[Sequence[TokenRow], int]:
        """Newest first, and how many there are."""
        wanted = _of(kind, robot_id)
        newest = (TokenRow.created_at.desc(), TokenRow.id.desc())
        total = await self._session.scalar(select(func.count(TokenRow.id)).where(*wanted)) or 0
        query = select(TokenRow).where(*wanted).order_by(*newest).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def revoke(
        self, now: datetime, *, token_id: str | None = None, kind: TokenKind | None = None, robot_id: str | None = None
    ) -> Sequence[str]:
        """Revoke what is not revoked yet, among those that fit; answers their prefixes."""
        wanted = [*_of(kind, robot_id), *([] if token_id is None else [TokenRow.id == token_id])]
        return await self._end(now, *wanted)

    async def becomes_current(self, token: TokenRow, now: datetime, others_until: datetime) -> Sequence[str]:
        """A robot shows a token for the first time: those it showed or was given before end, and are answered.

        One that was made later and never shown may still be on its way to the robot. It goes on for a while.
        """
        others = (TokenRow.robot_id == token.robot_id, TokenRow.id != token.id)
        is_older = or_(TokenRow.last_used_at.is_not(None), TokenRow.created_at <= token.created_at)
        ended = await self._end(now, *others, is_older)
        later = update(TokenRow).where(*others, TokenRow.revoked_at.is_(None)).values(superseded_until=others_until)
        await self._session.execute(later)
        current = update(TokenRow).where(TokenRow.id == token.id).values(superseded_until=None)
        await self._session.execute(current)
        return ended

    async def _end(self, now: datetime, *wanted: ColumnElement[bool]) -> Sequence[str]:
        statement = update(TokenRow).where(TokenRow.revoked_at.is_(None), *wanted).values(revoked_at=now)
        return (await self._session.scalars(statement.returning(TokenRow.prefix))).all()

    async def exists(self, token_id: str, *, kind: TokenKind | None, robot_id: str | None) -> bool:
        query = select(TokenRow.id).where(TokenRow.id == token_id, *_of(kind, robot_id))
        return (await self._session.scalar(query)) is not None

    async def take_turn(self, robot_id: str) -> None:
        """Wait for others that change this robot's tokens; in one order, so that nobody waits in a circle."""
        query = select(TokenRow.id).where(TokenRow.robot_id == robot_id, TokenRow.revoked_at.is_(None))
        await self._session.execute(query.order_by(TokenRow.id).with_for_update())

    async def supersede(self, robot_id: str, new_id: str, until: datetime, now: datetime) -> bool:
        """Let a new token take the place of a robot's others that it never showed; whether any of them was still good.

        One that it has shown is one that it holds, and perhaps the only one: that ends when the new one is first used.
        """
        statement = (
            update(TokenRow)
            .where(TokenRow.robot_id == robot_id, TokenRow.id != new_id, TokenRow.last_used_at.is_(None), *_good(now))
            .values(superseded_until=until)
            .returning(TokenRow.id)
        )
        return bool((await self._session.scalars(statement)).all())

    async def has_used(self, robot_id: str, now: datetime) -> bool:
        """Whether the robot holds a good token, and has shown it."""
        query = select(TokenRow.id).where(
            TokenRow.robot_id == robot_id, TokenRow.last_used_at.is_not(None), *_good(now)
        )
        return (await self._session.scalar(query.limit(1))) is not None

    async def note_uses(self, uses: Mapping[str, datetime]) -> None:
        """Write when tokens were used last; a later time that another process wrote stays."""
        used_at = bindparam("used_at", type_=UtcDateTime())
        is_later = or_(TokenRow.last_used_at.is_(None), TokenRow.last_used_at < used_at)
        statement = update(TokenRow).where(TokenRow.id == bindparam("token_id"), is_later).values(last_used_at=used_at)
        # In one order, so that two hubs that write at once do not wait for each other in a circle.
        await (await self._session.connection()).execute(
            statement, [{"token_id": token_id, "used_at": uses[token_id]} for token_id in sorted(uses)]
        )

    async def forget_ended(self, before: datetime) -> None:
        """Delete what has opened nothing for a long time."""
        ended = (TokenRow.revoked_at < before, TokenRow.expires_at < before, TokenRow.superseded_until < before)
        await self._session.execute(delete(TokenRow).where(or_(*ended)))


def _of(kind: TokenKind | None, robot_id: str | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if kind is not None:
        wanted.append(TokenRow.kind == kind)
    if robot_id is not None:
        wanted.append(TokenRow.robot_id == robot_id)
    return wanted


def _good(now: datetime) -> list[ColumnElement[bool]]:
    ends = (TokenRow.expires_at, TokenRow.superseded_until)
    return [TokenRow.revoked_at.is_(None), *(or_(end.is_(None), end > now) for end in ends)]
