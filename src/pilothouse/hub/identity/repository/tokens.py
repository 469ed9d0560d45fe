"""The SQL of tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import UtcDateTime
from pilothouse.hub.identity.domain import Holder, TokenKind, TokensSought
from pilothouse.hub.identity.domain.tokens import TokenAgent, TokenRecord, TokenStanding
from pilothouse.hub.identity.models import AgentRow, TokenRow

# Asked for by every request of everybody: no rows are made of them.
_RECORD = tuple(getattr(TokenRow, field.name) for field in fields(TokenRecord))
_AGENT = tuple(getattr(AgentRow, field.name) for field in fields(TokenAgent))
_CHANGING = (TokenRow.revoked_at, TokenRow.expires_at, TokenRow.superseded_until, TokenRow.last_used_at)
_STANDINGS = (
    select(TokenRow.prefix, *_CHANGING, AgentRow.version)
    .outerjoin(AgentRow, AgentRow.id == TokenRow.agent_id)
    .where(TokenRow.prefix.in_(bindparam("prefixes", expanding=True)))
)


class TokenRows:
    """Queries on tokens within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_prefixes(self, prefixes: Sequence[str]) -> list[tuple[TokenRecord, TokenAgent | None]]:
        """Tokens, and the agent whose it is if it is an agent's."""
        query = select(*_RECORD, *_AGENT).outerjoin(AgentRow, AgentRow.id == TokenRow.agent_id)
        found = await self._session.execute(query.where(TokenRow.prefix.in_(prefixes)))
        width = len(_RECORD)
        return [(TokenRecord(*row[:width]), None if row[width] is None else TokenAgent(*row[width:])) for row in found]

    async def standings(self, prefixes: Collection[str]) -> dict[str, TokenStanding]:
        """What can change of tokens that are known otherwise: a thousand of them are looked at every second."""
        found = await (await self._session.connection()).execute(_STANDINGS, {"prefixes": list(prefixes)})
        return {row[0]: TokenStanding._make(row[1:]) for row in found}

    async def maker_of(self, token_id: str) -> str | None:
        """The person behind a program's token."""
        return await self._session.scalar(select(TokenRow.maker_id).where(TokenRow.id == token_id))

    async def add(self, row: TokenRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def page(self, sought: TokensSought, limit: int, offset: int) -> tuple[Sequence[TokenRow], int]:
        """Newest first, and how many there are."""
        wanted = _of(sought)
        newest = (TokenRow.created_at.desc(), TokenRow.id.desc())
        total = await self._session.scalar(select(func.count(TokenRow.id)).where(*wanted)) or 0
        query = select(TokenRow).where(*wanted).order_by(*newest).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def revoke(self, now: datetime, sought: TokensSought) -> Sequence[str]:
        """Revoke what is not revoked yet, among those that fit; answers their prefixes."""
        return await self._end(now, *_of(sought))

    async def move_end(self, now: datetime, expires_at: datetime, sought: TokensSought) -> Sequence[str]:
        """Let those that are good, among those that fit, end at another time; answers their prefixes."""
        statement = update(TokenRow).where(*_good(now), *_of(sought)).values(expires_at=expires_at)
        return (await self._session.scalars(statement.returning(TokenRow.prefix))).all()

    async def becomes_current(
        self, token: TokenRecord, holder: Holder, now: datetime, others_until: datetime
    ) -> Sequence[str]:
        """Its holder shows a token for the first time: those it showed or was given before end, and are answered.

        One that was made later and never shown may still be on its way to the holder. It goes on for a while.
        """
        others = (_held_by(holder), TokenRow.id != token.id)
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

    async def exists(self, sought: TokensSought) -> bool:
        return (await self._session.scalar(select(TokenRow.id).where(*_of(sought)).limit(1))) is not None

    async def is_good(self, token_id: str, now: datetime) -> bool:
        """Whether it would still let somebody in."""
        query = select(TokenRow.id).where(TokenRow.id == token_id, *_good(now))
        return await self._session.scalar(query) is not None

    async def take_turn(self, holder: Holder) -> None:
        """Wait for others that change this holder's tokens; in one order, so that nobody waits in a circle."""
        query = select(TokenRow.id).where(_held_by(holder), TokenRow.revoked_at.is_(None))
        await self._session.execute(query.order_by(TokenRow.id).with_for_update())

    async def supersede(self, holder: Holder, new_id: str, until: datetime, now: datetime) -> bool:
        """Let a new token take the place of others that were never shown; whether any of them was still good.

        One that was shown is one that the holder has, and perhaps the only one: that ends when the new one is first
        used.
        """
        statement = (
            update(TokenRow)
            .where(_held_by(holder), TokenRow.id != new_id, TokenRow.last_used_at.is_(None), *_good(now))
            .values(superseded_until=until)
            .returning(TokenRow.id)
        )
        return bool((await self._session.scalars(statement)).all())

    async def has_used(self, holder: Holder, now: datetime) -> bool:
        """Whether the holder has a good token, and has shown it."""
        query = select(TokenRow.id).where(_held_by(holder), TokenRow.last_used_at.is_not(None), *_good(now))
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


def _held_by(holder: Holder) -> ColumnElement[bool]:
    return (TokenRow.robot_id if holder.kind == TokenKind.ROBOT else TokenRow.agent_id) == holder.id


def _of(sought: TokensSought) -> list[ColumnElement[bool]]:
    row = TokenRow
    asked = (
        (row.id, sought.token_id), (row.kind, sought.kind), (row.robot_id, sought.robot_id),
        (row.user_id, sought.user_id), (row.agent_id, sought.agent_id), (row.session_id, sought.session_id),
        (row.maker_id, sought.maker_id),
    )  # fmt: skip
    return [column == value for column, value in asked if value is not None]


def _good(now: datetime) -> list[ColumnElement[bool]]:
    ends = (TokenRow.expires_at, TokenRow.superseded_until)
    return [TokenRow.revoked_at.is_(None), *(or_(end.is_(None), end > now) for end in ends)]
