"""The emergency stop: from anywhere, on a thread of its own for each sink, and it stays."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol

from pilothouse.guard.loop.priority import raise_priority
from pilothouse.kit.clock import Clock
from pilothouse.kit.logs import get_logger

log = get_logger("pilothouse.guard")


class Stoppable(Protocol):
    """What an emergency stop stops."""

    def emergency_stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Cause:
    """Who asked for the emergency stop, or what made it necessary, and when."""

    source: str
    reason: str
    timestamp: float
    failure_type: str = "estop"


class EmergencyStop:
    """Latched by ``trigger``, which takes no lock and may be called from any thread and any signal handler.

    Each sink has a thread that waits for nothing else: no policy, client, disk or other sink stands in its way.
    Only ``release`` leaves it.
    """

    def __init__(self, clock: Clock, *, priority: int = 0) -> None:
        self._clock = clock
        self._priority = priority
        self._stoppers: list[_Stopper] = []
        self._listeners: list[Callable[[], None]] = []
        self.cause: Cause | None = None
        """Why it is latched; None while it is not. Reading it takes no lock."""
        self.count = 0
        self._numbers = itertools.count(1)

    @property
    def is_latched(self) -> bool:
        return self.cause is not None

    def arm(self, sinks: Sequence[tuple[str, Stoppable]]) -> None:
        """From now on these are stopped; one that is armed while latched is stopped at once."""
        self._stoppers = [_Stopper(name, sink, self._priority) for name, sink in sinks]
        for stopper in self._stoppers:
            stopper.start()
        if self.is_latched:
            self._tell()

    def on_latched(self, listener: Callable[[], None]) -> None:
        """Called by whoever triggers, after the sinks' threads were woken; must not block."""
        self._listeners.append(listener)

    def trigger(self, source: str, reason: str, *, failure_type: str = "estop") -> None:
        """Latch, and stop every sink. Again is fine: they are stopped again, the first cause stays."""
        self.count = next(self._numbers)
        if self.cause is None:
            self.cause = Cause(source, reason, self._clock.now_ns() / 1e9, failure_type)
        self._tell()
        for listener in self._listeners:
            listener()

    def repeat(self) -> None:
        """Stop the sinks once more: one of them was still at an action when the stop came."""
        if self.is_latched:
            self._tell()

    def release(self, seen: int) -> None:
        """Unlatch, unless a stop has come since ``count`` was ``seen``; only a reset does."""
        if self.count == seen:
            cause, self.cause = self.cause, None
            # A stop that came between these two lines found itself latched: whoever counts first must be heard.
            if self.count != seen and self.cause is None:
                self.cause = cause

    @property
    def is_done(self) -> bool:
        """Whether every sink has been told and has answered."""
        return all(stopper.is_done for stopper in self._stoppers)

    def problems(self) -> list[str]:
        """Sinks that could not be told to stop."""
        return [f"sink {one.sink_name}: {one.problem}" for one in self._stoppers if one.problem]

    def end(self) -> None:
        for stopper in self._stoppers:
            stopper.end()

    def _tell(self) -> None:
        for stopper in self._stoppers:
            stopper.tell()


class _Stopper(threading.Thread):
    """Waits to stop one sink."""

    def __init__(self, name: str, sink: Stoppable, priority: int) -> None:
        super().__init__(name=f"estop-{name}", daemon=True)
        self.sink_name = name
        self.problem: str | None = None
        self._sink = sink
        self._priority = priority
        # Counting and putting are safe in a signal handler that interrupts another trigger; an Event's lock is not.
        self._orders: SimpleQueue[int | None] = SimpleQueue()
        self._numbers = itertools.count(1)
        self._asked = 0
        self._done = 0

    @property
    def is_done(self) -> bool:
        return self._done >= self._asked

    def tell(self) -> None:
        self._asked = number = next(self._numbers)
        self._orders.put(number)

    def end(self) -> None:
        self._orders.put(None)

    def run(self) -> None:
        raise_priority(self._priority)
        while (number := self._orders.get()) is not None:
            self._stop_sink()
            self._done = number

    def _stop_sink(self) -> None:
        try:
            self._sink.emergency_stop()
        except BaseException as error:  # whatever a sink raises, the next order must find this thread alive
            self.problem = f"{type(error).__name__}: {error}"
            log.exception("a sink could not be told to stop", sink=self.sink_name)
        else:
            self.problem = None
