"""Tickets: a browser cannot set headers on a WebSocket, and an address with a token in it would be logged."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.identity import Caller
from pilothouse.hub.lab.domain.problems import TicketWrong
from pilothouse.hub.lab.repository import TicketRows
from pilothouse.kit.clock import Clock, at
from pilothouse.web import hash_secret
from pilothouse.wire.lab import LabTicket

GOOD_FOR = timedelta(minutes=1)
LOGS, DEBUG = "logs", "debug"


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom a ticket was made for."""

    session_id: str
    token_id: str | None


class Tickets:
    """Each opens one WebSocket of one session once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def make(self, session: AsyncSession, caller: Caller, session_id: str, purpose: str) -> LabTicket:
        ticket = secrets.token_urlsafe(32)
        now = at(self._clock.now_ns())
        rows = TicketRows(session)
        await rows.forget(now)
        rows.add(
            secret_sha256=hash_secret(ticket), session_id=session_id, purpose=purpose, token_id=caller.token_id,
            made_for=caller.title, expires_at=now + GOOD_FOR,
        )  # fmt: skip
        record(session, "lab.ticket.made", session_id, after={"purpose": purpose})
        return LabTicket(ticket=ticket, expires_at=now + GOOD_FOR)

    async def take(self, session: AsyncSession, ticket: str, session_id: str, purpose: str) -> Admission:
        """Raises TicketWrong; whatever was presented is gone then."""
        row = await TicketRows(session).take(hash_secret(ticket))
        if row is None or row.expires_at <= at(self._clock.now_ns()):
            raise TicketWrong
        if row.session_id != session_id or row.purpose != purpose:
            raise TicketWrong
        return Admission(row.session_id, row.token_id)
