"""One subscriber's way through a stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pilothouse.hub.events.bus import Subscription
from pilothouse.hub.events.domain import Event

# Read from the table at a time, by a subscriber that catches up.
PAGE = 200


class Follower:
    """Takes what is told live, and asks the table wherever that leaves a gap."""

    def __init__(
        self,
        read: Callable[[str, int], Awaitable[list[Event]]],
        stream: str,
        subscription: Subscription,
        since: int,
    ) -> None:
        self._read = read
        self._stream = stream
        self._subscription = subscription
        subscription.reached = since
        subscription.look_again()

    @property
    def last(self) -> int:
        """The number of the last event taken."""
        return self._subscription.reached

    async def take(self) -> list[Event]:
        """The next events, at least one; may be cancelled and called again without losing any."""
        while True:
            await self._subscription.wait()
            try:
                fresh = await self._next()
            except BaseException:
                self._subscription.look_again()
                raise
            if fresh:
                self._subscription.reached = fresh[-1].sequence
                return fresh

    async def _next(self) -> list[Event]:
        told, missed = self._subscription.take()
        fresh = [event for event in told if event.sequence > self.last]
        # A later event may be told before an earlier one. The table has them in order, for numbers are taken one
        # transaction after the other: where a number is visible, all before it are.
        if not missed and all(event.sequence == self.last + place for place, event in enumerate(fresh, 1)):
            return fresh
        fresh = await self._read(self._stream, self.last)
        if len(fresh) == PAGE:
            self._subscription.look_again()
        return fresh
