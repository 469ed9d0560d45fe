"""How long one question may read, and how many read at once: files come from outside, and may be made to take long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from threading import Event
from time import monotonic
from typing import Any, TypeVar

from pilothouse.hub.playback.domain import TooMuchToRead
from pilothouse.kit.errors import Unavailable

# Longer than any plot of a recording that robots make in practice takes, shorter than people wait.
WITHIN_S = 30.0
# Decoding keeps a core busy; more at once would only make all of them slower.
AT_ONCE = 2
TURN_WITHIN_S = 20.0

Answer = TypeVar("Answer")
Element = TypeVar("Element")


class PlaybackBusy(Unavailable):
    """Other recordings are being read at the moment; try again in a few seconds."""


class Patience:
    """Asked again and again by the thread that reads: it ends when time is up, or when nobody waits any more."""

    def __init__(self, within_s: float = WITHIN_S) -> None:
        self._within_s = within_s
        self._ends = monotonic() + within_s
        self._given_up = Event()

    def begin(self) -> None:
        """Time counts from now on."""
        self._ends = monotonic() + self._within_s

    def give_up(self) -> None:
        """Nobody waits for the answer; for any thread."""
        self._given_up.set()

    def check(self) -> None:
        """Raise TooMuchToRead once it is at its end."""
        if self._given_up.is_set() or monotonic() > self._ends:
            raise TooMuchToRead(why=f"it takes longer than {self._within_s:g} s")

    def over(self, elements: Iterable[Element]) -> Iterator[Element]:
        """The same elements, as long as there is patience."""
        for element in elements:
            self.check()
            yield element


class Turns:
    """Lets a few work in threads at once, in the order they came; who waits too long is sent away."""

    def __init__(self, at_once: int = AT_ONCE, *, within_s: float | None = TURN_WITHIN_S) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._within_s = within_s

    async def work(self, patience: Patience, work: Callable[[], Answer]) -> Answer:
        """The outcome of ``work`` in a thread; raises PlaybackBusy. A turn ends with its thread, not with its asker."""
        try:
            async with asyncio.timeout(self._within_s):
                await self._slots.acquire()
        except TimeoutError:
            raise PlaybackBusy from None
        patience.begin()
        working = asyncio.ensure_future(asyncio.to_thread(work))
        working.add_done_callback(self._ended)
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            patience.give_up()
            raise

    def _ended(self, working: asyncio.Future[Any]) -> None:
        self._slots.release()
        if not working.cancelled():
            working.exception()  # whoever asked may be gone, and then nobody else looks at it
