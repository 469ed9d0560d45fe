"""Append to streams, and follow them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database, after_commit, before_commit
from pilothouse.hub.events import repository
from pilothouse.hub.events.bus import Bus
from pilothouse.hub.events.domain import Event
from pilothouse.kit.clock import Clock, SystemClock, at

_APPENDED = "pilothouse.events"
# Read from the table at a time, by a subscriber that catches up.
PAGE = 200


@dataclass(frozen=True, slots=True)
class _Draft:
    stream: str
    kind: str
    subject: str
    payload: dict[str, Any]
    recorded_at: datetime


class Events:
    """The event log and its subscribers."""

    def __init__(self, database: Database, bus: Bus | None = None, clock: Clock | None = None) -> None:
        self._database = database
        self.bus = bus or Bus()
        self._clock = clock or SystemClock()

    def append(self, session: AsyncSession, stream: str, kind: str, subject: str, payload: dict[str, Any]) -> None:
        """Record that something happened, in the caller's transaction.

        Numbers are taken at the very end of the transaction, in the order of the streams' names: a stream is locked
        for a moment instead of for the whole transaction, and two transactions never wait for each other in a circle.
        """
        drafts: list[_Draft] = session.info.setdefault(_APPENDED, [])
        if not drafts:
            before_commit(session, self._write)
        drafts.append(_Draft(stream, kind, subject, payload, at(self._clock.now_ns())))

    async def _write(self, session: AsyncSession) -> None:
        drafts: list[_Draft] = sorted(session.info.pop(_APPENDED), key=lambda draft: draft.stream)
        events: list[Event] = []
        for stream, group in groupby(drafts, key=lambda draft: draft.stream):
            own = list(group)
            first = await repository.take_sequences(session, stream, len(own))
            events.extend(
                Event(stream, number, draft.kind, draft.subject, draft.payload, draft.recorded_at)
                for number, draft in enumerate(own, first)
            )
        await repository.add(session, events)
        after_commit(session, lambda: self.bus.publish(events))

    async def since(self, stream: str, sequence: int, limit: int = PAGE) -> list[Event]:
        """What the table holds after a number."""
        async with self._database.reading() as session:
            return await repository.after(session, stream, sequence, limit)

    async def last(self, stream: str) -> int:
        """The number of the newest event of a stream; 0 when there is none."""
        async with self._database.reading() as session:
            return (await repository.last_sequences(session, [stream])).get(stream, 0)

    async def subscribe(self, stream: str, since: int | None = None) -> AsyncIterator[Event]:
        """Every event after ``since`` (None: from now on), first those in the table, then those that come: each once,
        in order, none left out. While it waits it holds no database connection.
        """
        with self.bus.subscribed(stream) as subscription:
            last = await self.last(stream) if since is None else since
            subscription.look_again()
            while True:
                await subscription.wait()
                fresh, missed = subscription.take()
                # A later event may be told before an earlier one; the table, though, has them in order.
                if missed or any(event.sequence != last + 1 + place for place, event in enumerate(fresh)):
                    fresh = await self.since(stream, last)
                    if len(fresh) == PAGE:
                        subscription.look_again()
                for event in fresh:
                    if event.sequence > last:
                        last = event.sequence
                        yield event

    async def wake_those_behind(self) -> None:
        """Compare with the table what subscribers were told; for what got lost between a commit and its telling."""
        streams = self.bus.streams
        for stream in streams:
            self.bus.look_again(stream)
