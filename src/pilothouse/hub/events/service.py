"""Append to streams, and follow them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database, after_commit, before_commit
from pilothouse.hub.events import repository
from pilothouse.hub.events.bus import Bus
from pilothouse.hub.events.domain import Event, Forgotten
from pilothouse.hub.events.following import PAGE, Follower
from pilothouse.kit.clock import Clock, SystemClock, at

# Others that write wait for it.
FORGOTTEN_AT_ONCE = 500
_APPENDED = "pilothouse.events"


@dataclass(frozen=True, slots=True)
class _Draft:
    stream: str
    kind: str
    subject: str
    payload: dict[str, Any]
    recorded_at: datetime
    numbered: Callable[[AsyncSession, Event], None] | None


class Events:
    """The event log and its subscribers."""

    def __init__(self, database: Database, bus: Bus | None = None, clock: Clock | None = None) -> None:
        self._database = database
        self.bus = bus or Bus()
        self._clock = clock or SystemClock()

    def append(
        self, session: AsyncSession, stream: str, kind: str, subject: str, payload: dict[str, Any], *,
        numbered: Callable[[AsyncSession, Event], None] | None = None,
    ) -> None:  # fmt: skip
        """Record that something happened, in the caller's transaction; ``numbered`` is told the number it got, still
        within that transaction.

        Numbers are taken at the very end of the transaction, in the order of the streams' names: a stream is locked
        for a moment instead of for the whole transaction, and two transactions never wait for each other in a circle.
        """
        drafts: list[_Draft] = session.info.setdefault(_APPENDED, [])
        if not drafts:
            before_commit(session, self._write)
        drafts.append(_Draft(stream, kind, subject, payload, at(self._clock.now_ns()), numbered))

    async def _write(self, session: AsyncSession) -> None:
        drafts: list[_Draft] = sorted(session.info.pop(_APPENDED), key=lambda draft: draft.stream)
        events: list[Event] = []
        for stream, group in groupby(drafts, key=lambda draft: draft.stream):
            own = list(group)
            first = await repository.take_sequences(session, stream, len(own))
            for number, draft in enumerate(own, first):
                event = Event(stream, number, draft.kind, draft.subject, draft.payload, draft.recorded_at)
                events.append(event)
                if draft.numbered is not None:
                    draft.numbered(session, event)
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

    async def lasts(self, streams: Collection[str]) -> dict[str, int]:
        """The number of the newest event of each stream that has any."""
        async with self._database.reading() as session:
            return await repository.last_sequences(session, streams)

    async def forget(self, before: datetime) -> None:
        """Delete what happened before a time, a little in each transaction; numbers go on from where they are."""
        async with self._database.reading() as session:
            streams = await repository.streams(session)
        for stream in streams:
            while True:
                async with self._database.transaction() as session:
                    count = await repository.forget(session, stream, before, FORGOTTEN_AT_ONCE)
                if count < FORGOTTEN_AT_ONCE:
                    break

    @asynccontextmanager
    async def following(self, stream: str, since: int | None = None) -> AsyncIterator[Follower]:
        """Follow a stream from after ``since`` on; None means from now on."""
        with self.bus.subscribed(stream) as subscription:
            last = await self.last(stream)
            # A number from a database that was since set back would never come again.
            follower = Follower(self.since, stream, subscription, last if since is None else min(since, last))
            yield follower

    async def attend(self, stream: str, since: int, take: Callable[[list[Event]], Awaitable[None]]) -> None:
        """Hand everything after ``since`` over, until cancelled."""
        async with self.following(stream, since) as follower:
            while True:
                await take(await follower.take())

    async def subscribe(self, stream: str, since: int | None = None) -> AsyncGenerator[Event | Forgotten]:
        """Every event after ``since``, first those in the table, then those that come: each once, in order, none left
        out without a word. While it waits it holds no database connection.
        """
        async with self.following(stream, since) as follower:
            reached = follower.last
            kept = reached if since is None else await self._kept_after(stream, reached)
            if kept > reached:
                yield Forgotten(stream, reached, kept)
            reached = max(reached, kept)
            while True:
                for event in await follower.take():
                    if event.sequence > reached + 1:
                        yield Forgotten(stream, reached, event.sequence - 1)
                    reached = event.sequence
                    yield event

    async def _kept_after(self, stream: str, sequence: int) -> int:
        """A number of a stream; or the last one that is forgotten, where that comes later."""
        async with self._database.reading() as session:
            # In this order: what is appended in between is not taken for forgotten.
            last = (await repository.last_sequences(session, [stream])).get(stream, sequence)
            first = await repository.first_sequence(session, stream)
        return max(sequence, last if first is None else first - 1)

    async def wake_those_behind(self) -> None:
        """Compare with the table what subscribers were told, for what got lost between a commit and its telling."""
        streams = self.bus.streams
        if not streams:
            return
        async with self._database.reading() as session:
            reached = await repository.last_sequences(session, streams)
        for stream, last in reached.items():
            self.bus.wake_those_before(stream, last)
