"""Which token somebody presents: asked with every request, so remembered for a moment."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database, after_commit
from pilothouse.hub.identity.domain import HOME, LOCAL_USER, Caller, CallerKind, Holder, TokenKind
from pilothouse.hub.identity.domain.tokens import TokenAgent, TokenRecord, TokenStanding
from pilothouse.hub.identity.repository import TokenRows
from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.web import CredentialsWrong, hash_secret, same, split_token

NOTE_USE_EVERY = timedelta(minutes=1)
# How long a token stays good that was given out and not shown before there was another.
PREVIOUS_GOOD_FOR = timedelta(hours=24)
# What another process revokes is honoured here after at most so long.
REMEMBERED_NS = NS_PER_S
MOST_REMEMBERED = 4_096
# Tokens used within this time are read again together.
IN_USE_NS = 5 * NS_PER_S
MOST_AT_ONCE = 500
_OURS = re.compile(rf"(?:{'|'.join(TokenKind)})_[0-9a-z]{{12}}")
_LONGEST = 200
CHALLENGES = ("Basic", "Bearer")


@dataclass(slots=True)
class _Remembered:
    row: TokenRecord
    agent: TokenAgent | None
    read_at_ns: int
    used_at_ns: int

    @property
    def standing(self) -> TokenStanding:
        row, version = self.row, None if self.agent is None else self.agent.version
        return TokenStanding(row.revoked_at, row.expires_at, row.superseded_until, row.last_used_at, version)


_Reading: TypeAlias = "asyncio.Future[dict[str, _Remembered] | None]"


class KnownTokens:
    """Finds and checks tokens, and keeps account of when they were used."""

    def __init__(self, database: Database, clock: Clock, *, operators_secret: str = "") -> None:
        self._database = database
        self._clock = clock
        self._operators_secret = operators_secret
        self._remembered: dict[str, _Remembered] = {}
        self._being_read: dict[str, _Reading] = {}
        self._changes = 0
        self._noted: dict[str, datetime] = {}
        self._unwritten: dict[str, datetime] = {}

    async def check(self, presented: str, *, in_cookie: bool = False) -> Caller | None:
        """Who presents a token, None when it does not look like one of ours.

        A person's caller says who they are; what they may is added by who knows organizations. Raises
        CredentialsWrong for a token that is unknown, revoked, expired, has another secret, or belongs in a cookie and
        is not in one.
        """
        parts = _parts(presented)
        if parts is None:
            return None
        known = await self._known(parts[0])
        now = at(self._clock.now_ns())
        if known is None or not known.row.is_good(now):
            raise CredentialsWrong(challenges=CHALLENGES)
        if not same(self.hash_of(known.row.kind, known.row.user_id, parts[1]), known.row.secret_sha256):
            raise CredentialsWrong(challenges=CHALLENGES)
        if in_cookie != (known.row.kind == TokenKind.BROWSER):
            raise CredentialsWrong(challenges=CHALLENGES)
        caller = _caller(known.row, known.agent)
        await self._used(known.row, now)
        return caller

    def hash_of(self, kind: TokenKind, user_id: str | None, secret: str) -> str:
        """What is kept of a secret. A browser that was signed in by the operator's password is signed out when that
        changes."""
        if kind == TokenKind.BROWSER and user_id == LOCAL_USER:
            return hash_secret(f"{secret} {self._operators_secret}")
        return hash_secret(secret)

    async def write_uses(self) -> None:
        """Write down which tokens were used since the last time."""
        if not self._unwritten:
            return
        uses, self._unwritten = self._unwritten, {}
        async with self._database.transaction() as session:
            await TokenRows(session).note_uses(uses)

    def forget(self, session: AsyncSession, prefixes: Sequence[str]) -> None:
        """What was changed in this transaction is asked for again once it is committed."""

        def forget() -> None:
            self._changes += 1
            for prefix in prefixes:
                self._remembered.pop(prefix, None)
                self._being_read.pop(prefix, None)

        after_commit(session, forget)

    def forget_agent(self, session: AsyncSession, agent_id: str) -> None:
        """The same for every token of an agent that was changed."""

        def forget() -> None:
            self._changes += 1
            for prefix, known in list(self._remembered.items()):
                if known.row.agent_id == agent_id:
                    del self._remembered[prefix]
                    self._being_read.pop(prefix, None)

        after_commit(session, forget)

    async def _known(self, prefix: str) -> _Remembered | None:
        now_ns = self._clock.monotonic_ns()
        remembered = self._remembered.get(prefix)
        if remembered is not None:
            remembered.used_at_ns = now_ns
            if now_ns - remembered.read_at_ns < REMEMBERED_NS:
                return remembered
        while (reading := self._being_read.get(prefix)) is not None:
            # Who reads may have gone: then one of those who waited reads.
            if (found := await asyncio.shield(reading)) is not None:
                return found.get(prefix)
        return (await self._read_together([prefix, *self._in_use(prefix, now_ns)], now_ns)).get(prefix)

    def _in_use(self, prefix: str, now_ns: int) -> list[str]:
        """Other tokens that have to be read again and were used of late: a thousand agents cost one query a second."""
        return [
            other
            for other, known in self._remembered.items()
            if other != prefix
            and now_ns - known.read_at_ns >= REMEMBERED_NS
            and now_ns - known.used_at_ns < IN_USE_NS
            and other not in self._being_read
        ][:MOST_AT_ONCE]

    async def _read_together(self, prefixes: list[str], now_ns: int) -> dict[str, _Remembered]:
        reading: _Reading = asyncio.get_running_loop().create_future()
        self._being_read.update(dict.fromkeys(prefixes, reading))
        found = None
        try:
            found = await self._read(prefixes, now_ns)
        finally:
            reading.set_result(found)
            for prefix in prefixes:
                if self._being_read.get(prefix) is reading:
                    del self._being_read[prefix]
        return found

    async def _read(self, prefixes: list[str], now_ns: int) -> dict[str, _Remembered]:
        changes = self._changes
        known = {prefix: one for prefix in prefixes if (one := self._remembered.get(prefix)) is not None}
        async with self._database.reading() as session:
            rows = TokenRows(session)
            standings = await rows.standings(known) if known else {}
            same = {prefix: one for prefix, one in known.items() if standings.get(prefix) == one.standing}
            changed = [prefix for prefix in prefixes if prefix not in same]
            fresh = await rows.by_prefixes(changed) if changed else []
        used = {prefix: one.used_at_ns for prefix, one in known.items()}
        found = {row.prefix: _Remembered(row, agent, now_ns, used.get(row.prefix, now_ns)) for row, agent in fresh}
        for prefix in changed:
            self._remembered.pop(prefix, None)
        # What was changed while it was read may have been read as it was before.
        if changes == self._changes:
            for one in same.values():
                one.read_at_ns = now_ns
            if len(self._remembered) + len(found) > MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered.update(found)
        return found | same

    async def _used(self, row: TokenRecord, now: datetime) -> None:
        if row.last_used_at is None:
            await self._first_use(row, now)
            return
        if now - max(row.last_used_at, self._noted.get(row.id, row.last_used_at)) >= NOTE_USE_EVERY:
            if len(self._noted) >= MOST_REMEMBERED:
                self._noted.clear()
            self._noted[row.id] = self._unwritten[row.id] = now

    async def _first_use(self, row: TokenRecord, now: datetime) -> None:
        """The holder has it: what it took the place of ends here."""
        async with self._database.transaction() as session:
            rows = TokenRows(session)
            holder = holder_of(row)
            if holder is not None:
                await rows.take_turn(holder)
            await rows.note_uses({row.id: now})
            ended: Sequence[str] = []
            if holder is not None:
                ended = await rows.becomes_current(row, holder, now, now + PREVIOUS_GOOD_FOR)
            self.forget(session, [row.prefix, *ended])


def looks_like_ours(presented: str) -> bool:
    """Whether somebody shows a token that we could have made."""
    return _parts(presented) is not None


def _parts(presented: str) -> tuple[str, str] | None:
    parts = split_token(presented) if len(presented) <= _LONGEST else None
    return None if parts is None or _OURS.fullmatch(parts[0]) is None else parts


def holder_of(row: TokenRecord) -> Holder | None:
    """Who has this token and no other; None for those of which somebody may have many."""
    held_by = row.robot_id if row.kind == TokenKind.ROBOT else row.agent_id
    return Holder(row.kind, held_by) if held_by is not None and row.kind in (TokenKind.ROBOT, TokenKind.AGENT) else None


def _caller(row: TokenRecord, agent: TokenAgent | None) -> Caller:
    if row.kind == TokenKind.ROBOT:
        return Caller(CallerKind.ROBOT, row.name, row.robot_id, row.id, organization_id=HOME)
    if row.kind == TokenKind.AGENT:
        if agent is None:
            raise CredentialsWrong(challenges=CHALLENGES)
        return Caller(
            CallerKind.AGENT, agent.name, token_id=row.id, expires_at=row.expires_at,
            organization_id=agent.organization_id, agent_id=agent.id, agent_role=agent.role, board_id=agent.board_id,
        )  # fmt: skip
    if row.user_id is not None:
        return Caller(CallerKind.OPERATOR, token_id=row.id, expires_at=row.expires_at, user_id=row.user_id)
    return Caller(
        CallerKind.TOKEN, row.name, None, row.id, frozenset(row.scopes), row.expires_at,
        organization_id=HOME, repository=row.repository, session_id=row.session_id,
    )  # fmt: skip
