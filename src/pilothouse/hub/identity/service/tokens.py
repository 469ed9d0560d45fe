"""Tokens: made once, checked with every request, revoked at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.identity.domain import (
    LOCAL,
    Caller,
    CallerKind,
    ExpiryInThePast,
    Holder,
    TokenKind,
    TokensSought,
    UnknownToken,
    check_bound,
    check_maker,
    check_scopes,
)
from pilothouse.hub.identity.domain.tokens import opens
from pilothouse.hub.identity.models import TokenRow
from pilothouse.hub.identity.repository import TokenRows
from pilothouse.hub.identity.service.known_tokens import CHALLENGES, PREVIOUS_GOOD_FOR, KnownTokens
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id
from pilothouse.web import mint_token
from pilothouse.wire import RobotToken
from pilothouse.wire.token import MadeToken, NewToken, Token, TokenList

__all__ = ["CHALLENGES", "Tokens"]

FORGOTTEN_AFTER = timedelta(days=90)


class Tokens:
    """Tokens of robots, programs, agents, people, browsers and debug sessions."""

    def __init__(self, database: Database, clock: Clock, *, operators_secret: str = "") -> None:
        self._database = database
        self._clock = clock
        self.known = KnownTokens(database, clock, operators_secret=operators_secret)

    async def check(self, presented: str, *, in_cookie: bool = False) -> Caller | None:
        """Who presents a token; see ``KnownTokens.check``."""
        return await self.known.check(presented, in_cookie=in_cookie)

    async def create(self, session: AsyncSession, new: NewToken, maker: Caller) -> MadeToken:
        """A token for a program; it grants at most what its maker has."""
        scopes = check_scopes(new.scopes)
        check_bound(scopes, repository=new.repository, session_id=new.session_id)
        expires_at = self._ends(check_maker(maker, scopes, new.expires_at))
        bound = {"repository": new.repository, "session_id": new.session_id}
        maker_id = maker.user_id
        if maker.kind == CallerKind.TOKEN and maker.token_id is not None:
            maker_id = await TokenRows(session).maker_of(maker.token_id)
        return await self._make(
            session,
            TokenKind.API,
            new.name,
            maker,
            scopes=list(scopes),
            expires_at=expires_at,
            maker_id=maker_id,
            **bound,
        )

    async def give_session(
        self, session: AsyncSession, session_id: str, scopes: Iterable[str], expires_at: datetime, *,
        repository: str | None = None, maker: Caller = LOCAL,
    ) -> MadeToken:  # fmt: skip
        """A short-lived token that is good for one debug session and nothing else."""
        granted = check_scopes(scopes)
        check_bound(granted, repository=repository, session_id=session_id)
        return await self._make(
            session, TokenKind.SESSION, session_id, maker, scopes=list(granted), expires_at=self._ends(expires_at),
            session_id=session_id, repository=repository,
        )  # fmt: skip

    async def give_user(
        self, session: AsyncSession, user_id: str, name: str, maker: Caller, expires_at: datetime | None = None
    ) -> MadeToken:
        """A person's own token: it may all that the person may."""
        return await self._make(
            session, TokenKind.USER, name, maker, user_id=user_id, expires_at=self._ends(expires_at)
        )

    async def give_browser(
        self, session: AsyncSession, user_id: str, name: str, maker: Caller, expires_at: datetime
    ) -> MadeToken:
        """What a browser keeps in its cookie while somebody is signed in."""
        return await self._make(session, TokenKind.BROWSER, name, maker, user_id=user_id, expires_at=expires_at)

    async def give_robot(self, session: AsyncSession, robot_id: str, maker: Caller = LOCAL) -> RobotToken:
        """A robot's own token. The one it shows stays good until this is first used, however long that takes: an answer
        that gets lost locks nobody out. Those it never showed end after a day."""
        made, previous_until = await self._replace(
            session, Holder(TokenKind.ROBOT, robot_id), robot_id, maker, robot_id=robot_id
        )
        return RobotToken(
            robot_id=robot_id,
            token=made.token,
            token_id=made.id,
            created_at=made.created_at,
            previous_until=previous_until,
        )

    async def give_agent(
        self, session: AsyncSession, agent_id: str, maker: Caller, *, name: str = ""
    ) -> tuple[MadeToken, datetime | None]:
        """An agent's own token, and until when the one that it never showed stays good. The one it shows goes on until
        this is first used."""
        holder = Holder(TokenKind.AGENT, agent_id)
        return await self._replace(session, holder, name or agent_id, maker, agent_id=agent_id)

    async def robot_has_token(self, session: AsyncSession, robot_id: str) -> bool:
        """Whether a robot holds a good token and has shown it."""
        return await TokenRows(session).has_used(Holder(TokenKind.ROBOT, robot_id), self._now())

    async def page(self, session: AsyncSession, *, limit: int, offset: int, robot_id: str | None = None) -> TokenList:
        """Tokens of programs, or those of one robot; newest first."""
        kind = TokenKind.API if robot_id is None else TokenKind.ROBOT
        return await self.list(session, TokensSought(kind, robot_id=robot_id), limit=limit, offset=offset)

    async def list(self, session: AsyncSession, sought: TokensSought, *, limit: int, offset: int) -> TokenList:
        """Any tokens, newest first."""
        rows, total = await TokenRows(session).page(sought, limit, offset)
        now = self._now()
        return TokenList(items=[Token(**_shown(row, now)) for row in rows], total=total, limit=limit, offset=offset)

    async def revoke(self, session: AsyncSession, token_id: str, *, robot_id: str | None = None) -> None:
        """End a program's or a robot's token at once; twice is once. Raises UnknownToken."""
        kind = TokenKind.API if robot_id is None else TokenKind.ROBOT
        await self.end(session, TokensSought(kind, token_id, robot_id))

    async def revoke_robot(self, session: AsyncSession, robot_id: str) -> None:
        """End every token of a robot."""
        await self.end_all(session, TokensSought(TokenKind.ROBOT, robot_id=robot_id))

    async def revoke_agent(self, session: AsyncSession, agent_id: str) -> None:
        """End every token of an agent."""
        await self.end_all(session, TokensSought(TokenKind.AGENT, agent_id=agent_id))

    async def end_user(self, session: AsyncSession, user_id: str, token_id: str) -> None:
        """End a person's own token, and sign them out of every browser: one may have been signed in with it."""
        await self.end(session, TokensSought(TokenKind.USER, token_id, user_id=user_id))
        await self.end_all(session, TokensSought(TokenKind.BROWSER, user_id=user_id))

    async def end_made_by(self, session: AsyncSession, user_id: str) -> None:
        """End the tokens of programs that somebody made who may not make any more: they grant what that person had."""
        await self.end_all(session, TokensSought(TokenKind.API, maker_id=user_id))

    async def is_good(self, session: AsyncSession, token_id: str) -> bool:
        """Whether a token would still let somebody in; for what it was once exchanged for."""
        return await TokenRows(session).is_good(token_id, self._now())

    async def move_end_of_session(self, session: AsyncSession, session_id: str, expires_at: datetime) -> None:
        """A debug session lives longer, or shorter, and its token with it."""
        sought = TokensSought(TokenKind.SESSION, session_id=session_id)
        self.known.forget(session, await TokenRows(session).move_end(self._now(), expires_at, sought))

    async def revoke_session(self, session: AsyncSession, session_id: str) -> None:
        """End the tokens that a debug session was given."""
        await self.end_all(session, TokensSought(TokenKind.SESSION, session_id=session_id))

    def forget_agent(self, session: AsyncSession, agent_id: str) -> None:
        """An agent was changed: what it may is asked for again."""
        self.known.forget_agent(session, agent_id)

    async def end(self, session: AsyncSession, sought: TokensSought) -> None:
        """End one token at once; twice is once. Raises UnknownToken when none fits."""
        rows = TokenRows(session)
        ended = await rows.revoke(self._now(), sought)
        if not ended and not await rows.exists(sought):
            raise UnknownToken(token_id=sought.token_id)
        self.known.forget(session, ended)

    async def end_all(self, session: AsyncSession, sought: TokensSought) -> None:
        """End whatever fits, if anything does."""
        self.known.forget(session, await TokenRows(session).revoke(self._now(), sought))

    async def write_uses(self) -> None:
        """Write down which tokens were used since the last time."""
        await self.known.write_uses()

    async def forget_ended(self) -> None:
        """Delete what ended long ago."""
        async with self._database.transaction() as session:
            await TokenRows(session).forget_ended(self._now() - FORGOTTEN_AFTER)

    async def _make(self, session: AsyncSession, kind: TokenKind, name: str, maker: Caller, **facts: Any) -> MadeToken:
        token, record = mint_token(kind)
        row = TokenRow(
            id=new_id("tok"),
            kind=kind,
            name=name,
            prefix=record.prefix,
            secret_sha256=self.known.hash_of(kind, facts.get("user_id"), token.partition(".")[2]),
            created_at=self._now(),
            created_by=maker.title,
            **{"scopes": [], **facts},
        )
        await TokenRows(session).add(row)
        return MadeToken(**_shown(row, row.created_at), token=token)

    async def _replace(
        self, session: AsyncSession, holder: Holder, name: str, maker: Caller, **facts: Any
    ) -> tuple[MadeToken, datetime | None]:
        rows = TokenRows(session)
        await rows.take_turn(holder)
        made = await self._make(session, holder.kind, name, maker, **facts)
        until = made.created_at + PREVIOUS_GOOD_FOR
        holds_one = await rows.has_used(holder, made.created_at)
        had_one = await rows.supersede(holder, made.id, until, made.created_at)
        return made, until if had_one and not holds_one else None

    def _ends(self, expires_at: datetime | None) -> datetime | None:
        if expires_at is not None and expires_at <= self._now():
            raise ExpiryInThePast
        return expires_at

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _shown(row: TokenRow, now: datetime) -> dict[str, Any]:
    facts = {name: getattr(row, name) for name in Token.model_fields if name != "active"}
    return {**facts, "active": opens(now, row.revoked_at, row.expires_at, row.superseded_until)}
