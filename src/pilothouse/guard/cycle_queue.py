"""Cycles on their way from the loop to a thread that writes them down: bounded, and it says what it drops."""

from __future__ import annotations

import threading
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
