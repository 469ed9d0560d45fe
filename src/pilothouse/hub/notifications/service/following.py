"""The hub's events become deliveries: exactly one for each event and destination, however many hubs there are."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.events import HUB_STREAM, Event, Events, take_each
from pilothouse.hub.fleet import Robots
from pilothouse.hub.notifications.domain.notices import KINDS, Filter, Notice, notice_of
from pilothouse.hub.notifications.repository import CursorRows
from pilothouse.hub.outgoing.domain.delivering import MOST_TRIES
from pilothouse.hub.outgoing.service import Outgoing, delivery_values
from pilothouse.kit.clock import Clock, at


class Following:
    """Reads the event log behind a cursor that moves in the transaction that makes the deliveries."""

    def __init__(
        self, database: Database, events: Events, robots: Robots, clock: Clock, outgoing: Outgoing,
        public_url: str | None,
    ) -> None:  # fmt: skip
        self._database = database
        self._events = events
        self._robots = robots
        self._clock = clock
        self._outgoing = outgoing
        self._public_url = public_url

    async def run(self) -> None:
        """Until cancelled."""
        async with self._database.reading() as session:
            cursor = await CursorRows(session).read()
        await self._events.attend(HUB_STREAM, cursor, self.take)

    async def take(self, events: Sequence[Event]) -> None:
        """Make deliveries of events; those that somebody else has taken are passed over."""
        if not any(event.kind in KINDS for event in events):
            # The cursor may lag behind what nobody is ever told of.
            return
        await take_each(events, self._take, "an event could not be told to anybody; it is passed over")

    async def _take(self, events: Sequence[Event]) -> None:
        async with self._database.transaction() as session:
            cursor = await CursorRows(session).read(lock=True)
            fresh = [notice for event in events if event.sequence > cursor and (notice := _notice(event)) is not None]
            if fresh:
                await self._tell(session, fresh)
            await CursorRows(session).advance(max(cursor, events[-1].sequence))

    async def _tell(self, session: AsyncSession, notices: Sequence[Notice]) -> None:
        wanted = [(row.id, Filter.of(row.filters)) for row in await self._outgoing.destinations.listening(session)]
        sites: dict[str, str | None] = {}
        if any(one.sites for _, one in wanted):
            sites = await self._robots.sites(session, {notice.robot_id for notice in notices if notice.robot_id})
        now = at(self._clock.now_ns())
        deliveries = [
            delivery_values(
                destination_id, kind=notice.kind, subject=notice.subject, sequence=notice.sequence,
                message=notice.message(self._public_url), now=now, most_tries=MOST_TRIES,
            )
            for notice in notices
            for destination_id, asked in wanted
            if asked.wants(notice, sites.get(notice.robot_id or ""))
        ]  # fmt: skip
        await self._outgoing.deliveries.begin(session, deliveries)


def _notice(event: Event) -> Notice | None:
    return notice_of(
        event.kind, event.subject, event.payload, sequence=event.sequence, occurred_at=event.recorded_at
    )  # fmt: skip
