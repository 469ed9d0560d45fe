"""Tokens: made once, checked with every request, revoked at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database, after_commit
from pilothouse.hub.identity.domain import (
    HOME,
    LOCAL,
    Caller,
    CallerKind,
    ExpiryInThePast,
    TokenKind,
    UnknownToken,
    check_maker,
    check_scopes,
)
from pilothouse.hub.identity.models import TokenRow
from pilothouse.hub.identity.repository import TokenRows
from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.kit.ids import new_id
from pilothouse.web import CredentialsWrong, hash_secret, mint_token, same, split_token
from pilothouse.wire import RobotToken
from pilothouse.wire.token import MadeToken, NewToken, Token, TokenList

# How long a token stays good that was given out and not shown before there was another.
PREVIOUS_GOOD_FOR = timedelta(hours=24)
NOTE_USE_EVERY = timedelta(minutes=1)
FORGOTTEN_AFTER = timedelta(days=90)
# What another process revokes is honoured here after at most so long.
REMEMBERED_NS = NS_PER_S
MOST_REMEMBERED = 4_096
_OURS = re.compile(r"(?:robot|api)_[0-9a-z]{12}")
_LONGEST = 200
CHALLENGES = ("Basic", "Bearer")


@dataclass(frozen=True, slots=True)
class _Remembered:
    row: TokenRow | None
    read_at_ns: int


class Tokens:
    """Tokens of robots and of programs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._remembered: dict[str, _Remembered] = {}
        self._noted: dict[str, datetime] = {}
        self._unwritten: dict[str, datetime] = {}

    async def check(self, presented: str) -> Caller | None:
        """Who presents a token, None when it does not look like one of ours.

        Raises CredentialsWrong for one that is unknown, revoked, expired or has another secret.
        """
        parts = split_token(presented) if len(presented) <= _LONGEST else None
        if parts is None or _OURS.fullmatch(parts[0]) is None:
            return None
        row = await self._row(parts[0])
        now = self._now()
        if row is None or not same(hash_secret(parts[1]), row.secret_sha256) or not row.is_good(now):
            raise CredentialsWrong(challenges=CHALLENGES)
        await self._used(row, now)
        if row.kind == TokenKind.ROBOT:
            return Caller(CallerKind.ROBOT, row.name, row.robot_id, row.id, organization_id=HOME)
        return Caller(
            CallerKind.TOKEN, row.name, None, row.id, frozenset(row.scopes), row.expires_at, organization_id=HOME
        )

    async def create(self, session: AsyncSession, new: NewToken, maker: Caller) -> MadeToken:
        """A token for a program; it grants at most what its maker has."""
        now = self._now()
        scopes = check_scopes(new.scopes)
        expires_at = check_maker(maker, scopes, new.expires_at)
        if expires_at is not None and expires_at <= now:
            raise ExpiryInThePast
        token, row = self._mint(TokenKind.API, new.name, maker)
        row.scopes, row.expires_at = list(scopes), expires_at
        await TokenRows(session).add(row)
        return MadeToken(**_shown(row, now).model_dump(), token=token)

    async def give_robot(self, session: AsyncSession, robot_id: str, maker: Caller = LOCAL) -> RobotToken:
        """A robot's own token. The one it shows stays good until this is first used, however long that takes: an answer
        that gets lost locks nobody out. Those it never showed end after a day."""
        now = self._now()
        token, row = self._mint(TokenKind.ROBOT, robot_id, maker)
        row.robot_id = robot_id
        rows = TokenRows(session)
        await rows.take_turn(robot_id)
        await rows.add(row)
        until = now + PREVIOUS_GOOD_FOR
        holds_one = await rows.has_used(robot_id, now)
        had_one = await rows.supersede(robot_id, row.id, until, now)
        return RobotToken(
            robot_id=robot_id,
            token=token,
            token_id=row.id,
            created_at=now,
            previous_until=until if had_one and not holds_one else None,
        )

    async def robot_has_token(self, session: AsyncSession, robot_id: str) -> bool:
        """Whether a robot holds a good token and has shown it."""
        return await TokenRows(session).has_used(robot_id, self._now())

    async def page(self, session: AsyncSession, *, limit: int, offset: int, robot_id: str | None = None) -> TokenList:
        """Tokens of programs, or those of one robot; newest first."""
        kind = TokenKind.API if robot_id is None else TokenKind.ROBOT
        rows, total = await TokenRows(session).page(kind=kind, robot_id=robot_id, limit=limit, offset=offset)
        now = self._now()
        return TokenList(items=[_shown(row, now) for row in rows], total=total, limit=limit, offset=offset)

    async def revoke(self, session: AsyncSession, token_id: str, *, robot_id: str | None = None) -> None:
        """End a token at once; twice is once. Raises UnknownToken."""
        kind = TokenKind.API if robot_id is None else TokenKind.ROBOT
        rows = TokenRows(session)
        ended = await rows.revoke(self._now(), token_id=token_id, kind=kind, robot_id=robot_id)
        if not ended and not await rows.exists(token_id, kind=kind, robot_id=robot_id):
            raise UnknownToken(token_id=token_id)
        self._forget(session, ended)

    async def revoke_robot(self, session: AsyncSession, robot_id: str) -> None:
        """End every token of a robot."""
        self._forget(session, await TokenRows(session).revoke(self._now(), kind=TokenKind.ROBOT, robot_id=robot_id))

    async def write_uses(self) -> None:
        """Write down which tokens were used since the last time."""
        if not self._unwritten:
            return
        uses, self._unwritten = self._unwritten, {}
        async with self._database.transaction() as session:
            await TokenRows(session).note_uses(uses)

    async def forget_ended(self) -> None:
        """Delete what ended long ago."""
        async with self._database.transaction() as session:
            await TokenRows(session).forget_ended(self._now() - FORGOTTEN_AFTER)

    async def _row(self, prefix: str) -> TokenRow | None:
        now_ns = self._clock.monotonic_ns()
        remembered = self._remembered.get(prefix)
        if remembered is not None and now_ns - remembered.read_at_ns < REMEMBERED_NS:
            return remembered.row
        async with self._database.reading() as session:
            row = await TokenRows(session).by_prefix(prefix)
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        if row is not None:
            self._remembered[prefix] = _Remembered(row, now_ns)
        return row

    async def _used(self, row: TokenRow, now: datetime) -> None:
        if row.last_used_at is None:
            await self._first_use(row, now)
            return
        if now - max(row.last_used_at, self._noted.get(row.id, row.last_used_at)) >= NOTE_USE_EVERY:
            if len(self._noted) >= MOST_REMEMBERED:
                self._noted.clear()
            self._noted[row.id] = self._unwritten[row.id] = now

    async def _first_use(self, row: TokenRow, now: datetime) -> None:
        """The holder has it: what it took the place of ends here."""
        async with self._database.transaction() as session:
            rows = TokenRows(session)
            if row.robot_id is not None:
                await rows.take_turn(row.robot_id)
            await rows.note_uses({row.id: now})
            ended: Sequence[str] = []
            if row.kind == TokenKind.ROBOT:
                ended = await rows.becomes_current(row, now, now + PREVIOUS_GOOD_FOR)
            self._forget(session, [row.prefix, *ended])

    def _forget(self, session: AsyncSession, prefixes: Sequence[str]) -> None:
        def forget() -> None:
            for prefix in prefixes:
                self._remembered.pop(prefix, None)

        after_commit(session, forget)

    def _mint(self, kind: TokenKind, name: str, maker: Caller) -> tuple[str, TokenRow]:
        token, record = mint_token(kind)
        row = TokenRow(
            id=new_id("tok"),
            kind=kind,
            name=name,
            prefix=record.prefix,
            secret_sha256=record.secret_hash,
            scopes=[],
            created_at=self._now(),
            created_by=maker.title,
        )
        return token, row

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _shown(row: TokenRow, now: datetime) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        robot_id=row.robot_id,
        scopes=row.scopes,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        superseded_until=row.superseded_until,
        active=row.is_good(now),
    )
