"""Signing browsers in: for a password, a token or a one-time code they get a cookie."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record, turns_out_to_be
from pilothouse.hub.db import Database
from pilothouse.hub.identity.domain import LOCAL_USER, Caller, CallerKind, PeopleOnly, TokenKind, TokensSought
from pilothouse.hub.identity.models import LoginCodeRow
from pilothouse.hub.identity.repository import LoginCodeRows
from pilothouse.hub.identity.service.people import People
from pilothouse.hub.identity.service.tokens import Tokens
from pilothouse.kit.clock import Clock, at
from pilothouse.web import CredentialsWrong, hash_secret
from pilothouse.wire.token import MadeToken, TokenList

SECRET_BYTES = 32
# Long enough to walk from a terminal to a browser.
CODE_GOOD_FOR = timedelta(minutes=15)


class SignIns:
    """Browsers in which somebody is signed in."""

    def __init__(
        self, database: Database, people: People, tokens: Tokens, clock: Clock, *, good_for: timedelta
    ) -> None:
        self._database = database
        self._people = people
        self._tokens = tokens
        self._clock = clock
        self._good_for = good_for

    async def make_code(self, session: AsyncSession, user_id: str = LOCAL_USER) -> str:
        """A code that signs one browser in, once and soon."""
        code, now = secrets.token_urlsafe(SECRET_BYTES), self._now()
        await LoginCodeRows(session).add(
            LoginCodeRow(
                code_sha256=hash_secret(code), user_id=user_id, created_at=now, expires_at=now + CODE_GOOD_FOR
            )
        )  # fmt: skip
        return code

    async def code_at_start(self) -> str:
        """The code of the login link that a hub prints when it starts."""
        async with self._database.transaction() as session:
            return await self.make_code(session)

    async def use_code(self, session: AsyncSession, code: str) -> Caller:
        """Whoever has a code from a login link; it is used up. Raises CredentialsWrong."""
        user_id = await LoginCodeRows(session).use(hash_secret(code), self._now())
        if user_id is None:
            raise CredentialsWrong(challenges=("Bearer",))
        return Caller(CallerKind.OPERATOR, user_id=user_id)

    async def begin(self, session: AsyncSession, caller: Caller, browser: str) -> tuple[MadeToken, Caller]:
        """Sign a browser in as somebody who has just proved who they are; the cookie's content, and who they are.

        It ends after a while, and with the token it was got for. Raises PeopleOnly.
        """
        if not caller.is_person or caller.user_id is None:
            raise PeopleOnly
        acting = await self._people.acting(caller.user_id)
        if acting is None:
            raise CredentialsWrong(challenges=("Bearer",))
        ends = [self._now() + self._good_for, *([caller.expires_at] if caller.expires_at else [])]
        person = Caller(
            CallerKind.OPERATOR, caller.name or acting.name, user_id=caller.user_id,
            organization_id=acting.organization_id, role=acting.role,
        )  # fmt: skip
        turns_out_to_be(session, person.title, person.kind)
        record(session, "person.signed_in", f"user {caller.user_id}", after={"browser": browser})
        return await self._tokens.give_browser(session, caller.user_id, browser, person, min(ends)), person

    async def page(self, session: AsyncSession, caller: Caller, limit: int, offset: int) -> TokenList:
        """Where the caller is and was signed in, newest first."""
        sought = TokensSought(TokenKind.BROWSER, user_id=caller.user_id)
        return await self._tokens.list(session, sought, limit=limit, offset=offset)

    async def end(self, session: AsyncSession, caller: Caller, token_id: str) -> None:
        """Sign a browser of the caller out. Raises UnknownToken."""
        await self._tokens.end(session, TokensSought(TokenKind.BROWSER, token_id, user_id=caller.user_id))

    async def end_this(self, session: AsyncSession, caller: Caller) -> None:
        """Sign the browser out whose cookie was sent; with another credential there is nothing to end."""
        turns_out_to_be(session, caller.title, caller.kind)
        record(session, "person.signed_out", f"user {caller.user_id}")
        if caller.token_id is not None:
            sought = TokensSought(TokenKind.BROWSER, caller.token_id, user_id=caller.user_id)
            await self._tokens.end_all(session, sought)

    def _now(self) -> datetime:
        return at(self._clock.now_ns())
