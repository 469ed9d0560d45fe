"""Passwords can be guessed, so guesses are counted by where they come from."""

from __future__ import annotations

import asyncio

from starlette.requests import HTTPConnection

from pilothouse.hub.identity.domain import OPEN, Caller, CallerKind
from pilothouse.hub.identity.service import Identity, Presented
from pilothouse.hub.identity.service.known_tokens import looks_like_ours
from pilothouse.web import CredentialsWrong, hash_secret
from pilothouse.web.addresses import client_address, rate_limit_key
from pilothouse.web.ratelimits import Limit, RateLimited

# Robots and people who share an address with somebody who guesses go on with what was right before.
KNOWN_FOR_S = 3_600.0
MOST_KNOWN = 10_000


class Guesses:
    """Identifies callers; whoever was wrong too often from an address waits, unless they were right from there."""

    def __init__(self, identity: Identity, limit: Limit | None) -> None:
        self._identity = identity
        self._limit = limit
        self._known: dict[tuple[str, str], float] = {}

    async def identify(self, connection: HTTPConnection, shown: Presented) -> Caller:
        """As the hub's own ``identify``; raises RateLimited too."""
        secret = _guessable(shown)
        if self._limit is None or secret is None:
            return await self._identity.identify(shown)
        guess, now = (rate_limit_key(client_address(connection)), hash_secret(secret)), _now()
        if self._known.get(guess, 0.0) <= now:
            try:
                await self._limit.check(connection)
            except RateLimited:
                # What everybody may do needs no credential, and is not taken away for a wrong one.
                if self._identity.is_open:
                    return OPEN
                raise
        return await self._judged(connection, shown, guess, now)

    async def _judged(
        self, connection: HTTPConnection, shown: Presented, guess: tuple[str, str], now: float
    ) -> Caller:  # fmt: skip
        assert self._limit is not None
        try:
            caller = await self._identity.identify(shown)
        except CredentialsWrong:
            self._known.pop(guess, None)
            await self._limit.note(connection)
            raise
        if caller.kind == CallerKind.OPEN:
            await self._limit.note(connection)
            return caller
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[guess] = now + KNOWN_FOR_S
        return caller


def _guessable(shown: Presented) -> str | None:
    """What somebody could have chosen themselves; tokens of ours have 256 random bits, and Clerk signs its own."""
    if shown.agent_token is not None or shown.credentials is None:
        return None
    secret = shown.credentials.secret
    is_signed = secret.startswith("eyJ") and secret.count(".") == 2
    is_token = shown.credentials.scheme == "bearer" and (looks_like_ours(secret) or is_signed)
    return None if is_token else secret


def _now() -> float:
    return asyncio.get_running_loop().time()
