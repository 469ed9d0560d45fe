"""Cycles on their way from the loop to a thread that writes them down: bounded, and it says what it drops."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import replace

from pilothouse.guard.model import Cycle, Decision

# Two seconds at 1 kHz: what a disk that is busy elsewhere may take before something is dropped.
MOST_WAITING = 2048
# Rejected cycles go on being taken in beyond that; only a disk that stands still for minutes of nothing but rejects
# reaches this, some 70 MB.
MOST_REJECTED = 32_768
# Camera frames are a thousand times the rest of a cycle: as many cycles may wait with theirs.
MOST_WITH_IMAGES = 64

_REFUSED = (Decision.REJECT, Decision.FAULT)


def is_refused(cycle: Cycle) -> bool:
    """True for a cycle whose action was rejected, or in which something failed."""
    return cycle.verdict.decision in _REFUSED


class CycleQueue:
    """One thread offers, one takes. Offering is an append in the common case: no lock, no copy, nobody is woken.

    A thread woken by each cycle would fight the loop for the interpreter; the taker looks in every few milliseconds.
    """

    def __init__(self, *, most: int = MOST_WAITING, most_rejected: int = MOST_REJECTED) -> None:
        self._most = most
        self._most_rejected = most_rejected
        self._with_images = min(MOST_WITH_IMAGES, most)
        self._waiting: deque[Cycle] = deque()
        self._ended = threading.Event()
        self.dropped = 0
        """Passed or clamped cycles that found the queue full."""
        self.dropped_rejected = 0
        """Rejected cycles that found even their own, larger bound reached."""
        self.dropped_frames = 0
        """Camera frames left out because the taker was behind."""

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, cycle: Cycle) -> None:
        """Take a cycle in; never blocks, never raises."""
        waiting = self._waiting
        if len(waiting) < self._with_images:
            waiting.append(cycle)
        else:
            self._offer_late(cycle)

    def _offer_late(self, cycle: Cycle) -> None:
        behind = len(self._waiting)
        if behind >= self._most:
            refused = is_refused(cycle)
            if not refused:
                self.dropped += 1
                return
            if behind >= self._most_rejected:
                self.dropped_rejected += 1
                return
        observation = cycle.observation
        if observation is not None and observation.images:
            self.dropped_frames += len(observation.images)
            # The names stay: which cameras there were is part of the cycle.
            bare = replace(observation, images=dict.fromkeys(observation.images, b""))
            cycle = replace(cycle, observation=bare)
        self._waiting.append(cycle)

    def take(self, most: int = 256) -> list[Cycle]:
        """What waits, oldest first, at most so many."""
        waiting = self._waiting
        return [waiting.popleft() for _ in range(min(most, len(waiting)))]


class CycleWriter(ABC):
    """Writes down, in a thread of its own and pass by pass, what the queue holds; the loop wakes nobody."""

    def __init__(self, name: str) -> None:
        self._queue = CycleQueue()
        self._passed = threading.Condition()
        self._passes_begun = self._passes_done = 0
        self._asked = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def dropped_rejected(self) -> int:
        """Rejected cycles that were left out because the disk stood still for minutes."""
        return self._queue.dropped_rejected

    def start(self) -> None:
        """Begin to write; whatever there is to put in order first, nobody waits for it."""
        self._thread.start()

    def flush(self, deadline_s: float) -> bool:
        """Wait until everything offered before is written; False when that takes longer."""
        with self._passed:
            wanted = self._passes_begun + 1
            self._asked.set()
            return self._passed.wait_for(lambda: self._passes_done >= wanted, deadline_s)

    def stop(self, deadline_s: float = 3.0) -> None:
        """Write what waits, as far as the disk lets us in this time, and end. Idempotent."""
        self._stop.set()
        self._asked.set()
        if self._thread.is_alive():
            self._thread.join(deadline_s)

    @abstractmethod
    def _run(self) -> None:
        """The thread: wait, and pass, until it is to stop."""

    def _wait(self, look_s: float) -> bool:
        """Until it is time to look, or sooner when somebody asks; whether somebody did."""
        asked = self._asked.wait(look_s)
        self._asked.clear()
        return asked

    def _begin_pass(self) -> None:
        """What was offered until now is written when this pass is done."""
        with self._passed:
            self._passes_begun += 1

    def _end_pass(self) -> None:
        with self._passed:
            self._passes_done = self._passes_begun
            self._passed.notify_all()
