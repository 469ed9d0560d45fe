"""Who is at the other end of a WebSocket, and whether they may stay."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from fastapi import WebSocket

from pilothouse.hub.composition import Hub
from pilothouse.hub.identity import Caller, Tokens
from pilothouse.hub.identity.auth import still_allowed
from pilothouse.hub.lab.auth import check_scope
from pilothouse.hub.lab.service import Lab

MayStay = Callable[[], Awaitable[bool]]
# How often it is asked whether who was let in would be let in again.
CHECK_S = 5.0
NOT_ALLOWED = 1008


async def let_in(
    socket: WebSocket, caller: Caller, hub: Hub, lab: Lab, tokens: Tokens, session_id: str, *,
    ticket: str | None, purpose: str, scopes: Collection[str],
) -> MayStay:  # fmt: skip
    """By a ticket, or as in every request; what says later on whether they may stay. A ticket lasts no longer than the
    token it was made with."""
    if ticket is not None:
        async with hub.database.transaction() as session:
            token_id = (await lab.tickets.take(session, ticket, session_id, purpose)).token_id

        async def is_good() -> bool:
            if token_id is None:
                return True
            async with hub.database.reading() as reading:
                return await tokens.is_good(reading, token_id)

        return is_good
    check_scope(caller, scopes)
    async with hub.database.reading() as session:
        await lab.sessions.row(session, caller, session_id)
    return lambda: still_allowed(socket, caller)


async def until_they_may_not(may_stay: MayStay) -> None:
    """Returns when who was let in is to leave."""
    while await may_stay():  # noqa: ASYNC110 - nobody is told when a token ends
        await asyncio.sleep(CHECK_S)
