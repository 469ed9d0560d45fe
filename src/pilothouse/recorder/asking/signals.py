"""Signals that ask something of the recorder. They wait in a queue from the first moment of the process on."""

from __future__ import annotations

import signal
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Final, Self

SAVE: Final = "SIGUSR1"
RELOAD: Final = "SIGHUP"


class Signals:
    """Without a handler these would end the process; with one that only notes them they cannot hurt it at any time."""

    def __init__(self) -> None:
        self._heard: SimpleQueue[str] = SimpleQueue()

    @classmethod
    def installed(cls) -> Self:
        """Listening from now on; for the main thread of a program of its own."""
        signals = cls()
        for name in (SAVE, RELOAD):
            signal.signal(signal.Signals[name], signals._note)
        return signals

    def say(self, name: str) -> None:
        """As if it had been sent. Safe in a signal handler: nothing waits, nothing is locked twice."""
        self._heard.put(name)

    def next(self, timeout_s: float) -> frozenset[str]:
        """Those that wait, each once, as soon as there is one; none after the timeout."""
        found = set()
        try:
            found.add(self._heard.get(timeout=timeout_s))
            while True:
                found.add(self._heard.get_nowait())
        except Empty:
            return frozenset(found)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.say(signal.Signals(number).name)
