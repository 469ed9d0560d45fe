"""Live fan-out: whoever is subscribed hears of an event once it is committed."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pilothouse.hub.events.domain import Event

# What a subscriber may have waiting. One that is slower reads the table instead, where nothing is lost.
QUEUE_LENGTH = 256


class Subscription:
    """A bounded queue of one subscriber; what does not fit is dropped, and read from the table later."""

    def __init__(self, length: int = QUEUE_LENGTH) -> None:
        self._waiting: deque[Event] = deque()
        self._length = length
        self._woken = asyncio.Event()
        self.missed = False
        self.reached = 0

    def offer(self, events: Sequence[Event]) -> None:
        """Take new events; never waits."""
        for event in events:
            if len(self._waiting) >= self._length:
                self.look_again()
                return
            self._waiting.append(event)
        self._woken.set()

    def look_again(self) -> None:
        """Something may have happened that was not told: the table knows."""
        self._waiting.clear()
        self.missed = True
        self._woken.set()

    async def wait(self) -> None:
        """Until there is something to take."""
        await self._woken.wait()

    def take(self) -> tuple[list[Event], bool]:
        """What has come since, and whether the table must be asked because something was missed."""
        taken, missed = list(self._waiting), self.missed
        self._waiting.clear()
        self.missed = False
        self._woken.clear()
        return taken, missed


class Bus:
    """Fan-out within this process."""

    def __init__(self) -> None:
        self._subscriptions: defaultdict[str, set[Subscription]] = defaultdict(set)

    @contextmanager
    def subscribed(self, stream: str) -> Iterator[Subscription]:
        """A subscription for as long as the block lasts."""
        subscription = Subscription()
        self._subscriptions[stream].add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions[stream].discard(subscription)
            if not self._subscriptions[stream]:
                del self._subscriptions[stream]

    @property
    def streams(self) -> list[str]:
        """Streams that somebody is subscribed to."""
        return list(self._subscriptions)

    def subscriptions(self, stream: str) -> list[Subscription]:
        """Whoever is subscribed to a stream at the moment."""
        return list(self._subscriptions.get(stream, ()))

    async def publish(self, events: Sequence[Event]) -> None:
        """Tell committed events to everybody subscribed."""
        self.offer(events)

    async def listen(self) -> None:
        """Hear what other processes tell; there are none."""

    def offer(self, events: Sequence[Event]) -> None:
        """Offer committed events to everybody subscribed in this process."""
        for stream in {event.stream for event in events} & self._subscriptions.keys():
            own = [event for event in events if event.stream == stream]
            for subscription in self.subscriptions(stream):
                subscription.offer(own)

    def wake_those_before(self, stream: str, sequence: int) -> None:
        """Let those subscribers of a stream ask the table who have not come so far."""
        for subscription in self.subscriptions(stream):
            if subscription.reached < sequence:
                subscription.look_again()
