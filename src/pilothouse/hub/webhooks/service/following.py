"""The changes of organizations become deliveries: exactly one for each change and address, however many hubs there
are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity.domain import is_of_kind, stream_of
from pilothouse.hub.activity.schemas import ActivityEntry
from pilothouse.hub.db import Database
from pilothouse.hub.events import Event, Events, take_each
from pilothouse.hub.outgoing.domain.delivering import MOST_TRIES
from pilothouse.hub.outgoing.domain.destinations import Destination
from pilothouse.hub.outgoing.service import Outgoing, delivery_values
from pilothouse.hub.webhooks.repository import CursorRows
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.errors import Problem
from pilothouse.kit.logs import get_logger

# One query for all organizations together tells whether there is anything to do.
LOOK_EVERY_S = 1.0
# What happens to subscriptions is not posted to them: a receiver that is down would be told of itself for ever.
_NEVER = ("subscription",)

log = get_logger(__name__)


class Following:
    """Runs in every hub, behind a cursor for each organization that anybody follows from outside."""

    def __init__(self, database: Database, events: Events, clock: Clock, outgoing: Outgoing) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._outgoing = outgoing
        self._wakened = asyncio.Event()
        self._is_failing = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._wakened.clear()
            try:
                await self.take_all()
                self._is_failing = False
            except Problem as problem:
                if not self._is_failing:
                    log.error("boards' events are not told outside", reason=problem.sentence)
                self._is_failing = True
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._wakened.wait()

    async def take_all(self) -> None:
        """Everything that has happened by now."""
        async with self._database.reading() as session:
            cursors = await CursorRows(session).all()
        if not cursors:
            return
        reached = await self._events.lasts([stream_of(one) for one in cursors])
        for organization_id, cursor in cursors.items():
            if reached.get(stream_of(organization_id), 0) > cursor:
                await self._catch_up(organization_id, cursor)

    async def _catch_up(self, organization_id: str, cursor: int) -> None:
        while events := await self._events.since(stream_of(organization_id), cursor):
            take = partial(self._take, organization_id)
            await take_each(events, take, "a change could not be told outside; it is passed over")
            cursor = events[-1].sequence

    async def _take(self, organization_id: str, events: Sequence[Event]) -> None:
        async with self._database.transaction() as session:
            cursors = CursorRows(session)
            cursor = await cursors.lock(organization_id)
            fresh = [event for event in events if event.sequence > cursor]
            if not fresh:
                return
            for event in fresh:
                await self._end_what_is_gone(session, organization_id, event)
            listening = await self._outgoing.destinations.listening(session, organization_id)
            deliveries = list(_deliveries(listening, fresh, at(self._clock.now_ns())))
            await self._outgoing.deliveries.begin(session, deliveries)
            await cursors.advance(organization_id, fresh[-1].sequence)

    async def _end_what_is_gone(self, session: AsyncSession, organization_id: str, event: Event) -> None:
        """Nobody is told for an agent or of a board that is no longer there."""
        gone = event.payload["subject_id"]
        if event.kind == "board.deleted":
            await self._outgoing.destinations.end_of_board(session, organization_id, gone)
        elif event.kind in ("agent.deleted", "agent.removed"):
            await self._outgoing.destinations.end_of_agent(session, organization_id, gone)
        elif event.kind == "agent.updated" and (left := _left(event)) is not None:
            await self._outgoing.destinations.end_of_agent(session, organization_id, gone, left)


def _left(event: Event) -> str | None:
    """The board that an agent worked on until it was moved."""
    before, after = (event.payload[name] or {} for name in ("before", "after"))
    return before.get("board_id") if before.get("board_id") != after.get("board_id") else None


def _deliveries(
    destinations: Sequence[Destination], events: Sequence[Event], now: datetime
) -> Iterator[dict[str, Any]]:
    for event in events:
        if is_of_kind(event.kind, _NEVER):
            continue
        for destination in destinations:
            is_wanted = is_of_kind(event.kind, destination.filters.get("kinds", ()))
            if destination.board_id == event.payload["board_id"] and is_wanted:
                yield delivery_values(
                    destination.id, kind=event.kind, subject=event.subject, sequence=event.sequence,
                    message=_message(event), now=now, most_tries=MOST_TRIES,
                )  # fmt: skip


def _message(event: Event) -> dict[str, Any]:
    told = ActivityEntry.told(event).model_dump(mode="json")
    return {"type": event.kind, "timestamp": event.recorded_at.isoformat(), "data": told}
