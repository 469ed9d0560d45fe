"""Deliver what waits, each destination by itself."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.outgoing.domain.delivering import AT_ONCE, DeliveryState, Outcome, delay_s
from pilothouse.hub.outgoing.domain.destinations import DeadDelivery, Destination
from pilothouse.hub.outgoing.models import DeliveryRow, DestinationRow
from pilothouse.hub.outgoing.repository import DeliveryRows, DestinationRows
from pilothouse.hub.outgoing.service.destinations import record_of
from pilothouse.hub.outgoing.service.sending import Sender, Target
from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.kit.errors import Problem
from pilothouse.kit.logs import get_logger

# What became due, or what another hub was told of, is found after so long at the latest.
LOOK_EVERY_S = 2.0
# An attempt is held so much longer than it may take: noting it may have to wait for the database.
LEASE_MARGIN_S = 5.0
# Of what is over, besides what is old.
MOST_KEPT = 100_000

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """An attempt that is ours until its lease ends."""

    delivery: DeliveryRow
    number: int
    target: Target


WhenDead = Callable[[AsyncSession, DeadDelivery, Destination], None]
"""Tells of a delivery that was given up, in the transaction that gives it up."""


class Delivering:
    """Runs in every hub; rows say who attempts what."""

    def __init__(self, database: Database, sender: Sender, clock: Clock, *, log_days: int) -> None:
        self._database = database
        self._sender = sender
        self._clock = clock
        self._log_days = log_days
        self._running: Counter[str] = Counter()
        self._wakened = asyncio.Event()
        self._is_failing = False
        self.when_dead: list[WhenDead] = []

    def wake(self) -> None:
        """Look now."""
        self._wakened.set()

    async def run(self) -> None:
        """Until cancelled; what was being attempted then is attempted again."""
        async with asyncio.TaskGroup() as attempts:
            while True:
                self._wakened.clear()
                try:
                    await self._begin_due(attempts)
                    self._is_failing = False
                except Problem as problem:
                    self._fails(problem)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._wakened.wait()

    async def forget(self) -> None:
        """Delete deliveries that ended long ago."""
        before = self._now() - timedelta(days=self._log_days)
        async with self._database.transaction() as session:
            await DeliveryRows(session).forget(before, MOST_KEPT)

    async def _begin_due(self, attempts: asyncio.TaskGroup) -> None:
        async with self._database.reading() as session:
            due = await DeliveryRows(session).due(self._now())
        for destination_id in due:
            for claim in await self._claim(destination_id):
                self._running[destination_id] += 1
                attempts.create_task(self._attempt(claim), name=f"notify {claim.delivery.id}")

    async def _claim(self, destination_id: str) -> list[Claim]:
        """As many as this destination has room for."""
        room = AT_ONCE - self._running[destination_id]
        if room <= 0:
            return []
        now = self._now()
        until = now + timedelta(seconds=self._sender.timeout_s + LEASE_MARGIN_S)
        async with self._database.transaction() as session:
            destination = await DestinationRows(session).find(destination_id)
            if destination is None:
                return []
            claimed = await DeliveryRows(session).claim(destination, room, now, until)
        target = _target(destination, now)
        return [Claim(row, row.attempts, target) for row in claimed]

    async def _attempt(self, claim: Claim) -> None:
        started_at, began_ns = self._now(), self._clock.monotonic_ns()
        try:
            outcome = await self._sender.attempt(claim.target, claim.delivery.id, started_at, claim.delivery.message)
            duration_ms = (self._clock.monotonic_ns() - began_ns) * 1_000 // NS_PER_S
            await self._note(claim, outcome, started_at, duration_ms)
        except Problem as problem:
            self._fails(problem)
        except Exception:  # its lease ends, and it is attempted again
            log.exception("the outcome of a delivery could not be written", delivery_id=claim.delivery.id)
        finally:
            self._running[claim.delivery.destination_id] -= 1
            self.wake()

    async def _note(self, claim: Claim, outcome: Outcome, started_at: datetime, duration_ms: int) -> None:
        now = self._now()
        async with self._database.transaction() as session:
            rows = DeliveryRows(session)
            row = await rows.get(claim.delivery.id, lock=True)
            if row is None:
                return  # deleted with its destination
            await rows.add_attempt(
                delivery_id=row.id, number=claim.number, started_at=started_at, duration_ms=duration_ms,
                is_delivered=outcome.is_delivered, status=outcome.status, problem=outcome.problem,
                answer=outcome.answer,
            )  # fmt: skip
            if outcome.is_delivered:
                row.state, row.finished_at = DeliveryState.DELIVERED, now
                row.problem, row.leased_until = outcome.problem, None
            # Our lease has ended and somebody else attempts it: what comes of theirs counts.
            elif row.attempts == claim.number and row.state is DeliveryState.WAITING:
                await self._failed(session, row, outcome, now)

    async def _failed(self, session: AsyncSession, row: DeliveryRow, outcome: Outcome, now: datetime) -> None:
        row.problem, row.leased_until = outcome.problem, None
        if outcome.is_final or row.tries >= row.most_tries:
            row.state, row.finished_at = DeliveryState.DEAD, now
            destination = await DestinationRows(session).find(row.destination_id)
            if destination is not None:
                dead = DeadDelivery(row.id, row.destination_id, row.problem)
                for tell in self.when_dead:
                    tell(session, dead, record_of(destination))
            log.warning("a notification was given up", delivery_id=row.id, destination_id=row.destination_id)
            return
        chance = random.random()  # noqa: S311 - spreads load, guards nothing
        row.next_attempt_at = now + timedelta(seconds=delay_s(row.tries, chance, outcome.retry_after_s))

    def _fails(self, problem: Problem) -> None:
        if not self._is_failing:
            log.error("notifications have to wait", reason=problem.sentence)
        self._is_failing = True

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _target(row: DestinationRow, now: datetime) -> Target:
    secrets = [row.secret] if row.secret else []
    if row.previous_secret and row.previous_until is not None and now < row.previous_until:
        secrets.append(row.previous_secret)
    return Target(row.kind, row.url, tuple(row.recipients), tuple(secrets))
