"""The hub's events become deliveries."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Cursor, Database
from pilothouse.hub.events import Consuming, Event, Events
from pilothouse.hub.fleet import Robots
from pilothouse.hub.notifications.domain.notices import KINDS, Filter, Notice, notice_of
from pilothouse.hub.notifications.repository import cursor
from pilothouse.hub.outgoing.domain.delivering import MOST_TRIES
from pilothouse.hub.outgoing.service import Outgoing, delivery_values
from pilothouse.kit.clock import Clock, at


class Following(Consuming):
    """Makes deliveries of events: exactly one for each event and destination."""

    passed_over = "an event could not be told to anybody; it is passed over"

    def __init__(
        self, database: Database, events: Events, robots: Robots, clock: Clock, outgoing: Outgoing,
        public_url: str | None,
    ) -> None:  # fmt: skip
        super().__init__(database, events)
        self._robots = robots
        self._clock = clock
        self._outgoing = outgoing
        self._public_url = public_url

    def cursor(self, session: AsyncSession) -> Cursor:
        return cursor(session)

    def concerns(self, event: Event) -> bool:
        return event.kind in KINDS

    async def act(self, session: AsyncSession, events: Sequence[Event]) -> None:
        notices = [notice for event in events if (notice := _notice(event)) is not None]
        if notices:
            await self._tell(session, notices)

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
