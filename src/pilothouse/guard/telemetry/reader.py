"""A client's place in what is said: what it gets first, then what comes, as fast as it takes it."""

from __future__ import annotations

import asyncio
from types import TracebackType

from pilothouse.guard.telemetry.history import Batch, Event
from pilothouse.guard.telemetry.service import TelemetryService

REPLAYED = 50
_TYPE = b'{"type":"cycle",'


class Reader:
    """``async with`` it; ``first`` once, then ``next`` again and again. Raises TooFarBehind from both."""

    def __init__(self, service: TelemetryService, *, since: int | None = None, replayed: int = REPLAYED) -> None:
        self._service = service
        self._since = since
        self._replayed = replayed
        self._seq = 0
        self._alarm: asyncio.TimerHandle | None = None
        self.missed = 0
        """Events left out so far."""

    async def __aenter__(self) -> Reader:
        self._woken = self._service.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._service.leave(self._woken)

    def first(self) -> Batch:
        """The last events, or all since a number."""
        history = self._service.history
        events, missed = history.replay(self._since, self._replayed)
        self._seq = events[-1].seq if events else history.last_seq
        self.missed += missed
        return Batch(tuple(events), missed, with_frames=False, is_replay=True)

    async def next(self, until_s: float) -> Batch | None:
        """What comes next; None when nothing has come by that time of the event loop."""
        loop = asyncio.get_running_loop()
        while True:
            self._woken.clear()
            batch = self._service.history.after(self._seq)
            if batch is not None:
                self._seq = batch.events[-1].seq
                self.missed += batch.missed
                return batch
            if loop.time() >= until_s:
                return None
            self._wake_at(loop, until_s)
            await self._woken.wait()

    def _wake_at(self, loop: asyncio.AbstractEventLoop, until_s: float) -> None:
        """One timer for as long as the time stays the same: one for each event costs as much as sending it."""
        if self._alarm is None or self._alarm.when() != until_s:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = loop.call_at(until_s, self._woken.set)


def with_missed(event: Event, missed: int) -> bytes:
    """The event's text, which says how many were left out before it if there were any."""
    if not missed:
        return event.text
    return b'%b"missed":%d,%b' % (_TYPE, missed, event.text.removeprefix(_TYPE))
