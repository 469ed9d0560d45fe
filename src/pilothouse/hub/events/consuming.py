"""Act on the hub's events, on each exactly once, whoever is killed and however many hubs there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Cursor, Database
from pilothouse.hub.events.domain import HUB_STREAM, Event
from pilothouse.hub.events.service import Events
from pilothouse.hub.events.taking import take_each

# Events that are nobody's business here do not move the cursor each time; so many are read again at the next start.
MAY_LAG = 1_000


class Consuming(ABC):
    """Reads the hub's events behind a cursor that moves in the transaction that acts on them."""

    passed_over: ClassVar[str]
    """What the log is told of an event that cannot be acted on, whatever is tried."""

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events
        self._written = 0

    @abstractmethod
    def cursor(self, session: AsyncSession) -> Cursor:
        """The slice's own."""

    @abstractmethod
    def concerns(self, event: Event) -> bool:
        """Whether there is anything to do about an event."""

    @abstractmethod
    async def act(self, session: AsyncSession, events: Sequence[Event]) -> None:
        """Do it, in the transaction that moves the cursor; only with events that concern the slice, at least one."""

    async def run(self) -> None:
        """Until cancelled."""
        async with self._database.reading() as session:
            self._written = await self.cursor(session).read()
        await self._events.attend(HUB_STREAM, self._written, self.take)

    async def take(self, events: Sequence[Event]) -> None:
        """Act on events; those that somebody else has taken are passed over."""
        if events[-1].sequence - self._written < MAY_LAG and not any(map(self.concerns, events)):
            return
        await take_each(events, self._take, self.passed_over)

    async def _take(self, events: Sequence[Event]) -> None:
        async with self._database.transaction() as session:
            cursor = self.cursor(session)
            before = await cursor.read(lock=True)
            fresh = [event for event in events if event.sequence > before and self.concerns(event)]
            if fresh:
                await self.act(session, fresh)
            after = max(before, events[-1].sequence)
            await cursor.advance(after)
        self._written = after
