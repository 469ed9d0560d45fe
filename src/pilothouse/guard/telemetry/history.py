"""What was said, by number, and what a reader that is behind gets of it. Pure but for its lock."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from itertools import islice

# A reader further behind than this jumps to the newest event: half a second at 50 Hz.
MOST_BEHIND = 25
# Rejects are kept so many for readers that are behind; who is further behind is sent away.
MOST_REJECTS = 4_096
# The last line of defence of memory: camera frames are kept for the newest events only.
FRAMES_KEPT = 4


@dataclass(slots=True)
class Event:
    """An encoded event; ``frames`` are its binary messages, taken away when it is no longer new."""

    seq: int
    text: bytes
    is_reject: bool
    log_time_ns: int
    frames: tuple[bytes, ...] = ()
    cameras: tuple[tuple[str, bytes], ...] = ()
    joints: bytes | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What to send a reader next, and how many events before the last of these it does not get."""

    events: tuple[Event, ...]
    missed: int
    with_frames: bool
    is_replay: bool = False
    """What a new reader gets first: there the missed ones lie before all of it."""


class TooFarBehind(Exception):
    """More rejects wait for this reader than are kept."""


class History:
    """A ring of events for all readers together: each of them costs a number, not a queue."""

    def __init__(self, size: int) -> None:
        self._events: deque[Event] = deque(maxlen=size)
        self._rejects: deque[Event] = deque()
        self._lock = threading.Lock()
        self.last_seq = 0
        self.lost_rejects_up_to = 0
        """The number of the newest reject that is no longer kept."""

    def append(self, event: Event) -> None:
        with self._lock:
            if len(self._events) >= FRAMES_KEPT:
                old = self._events[-FRAMES_KEPT]
                old.frames = old.cameras = ()
            self._events.append(event)
            if event.is_reject:
                self._rejects.append(event)
                if len(self._rejects) > MOST_REJECTS:
                    self.lost_rejects_up_to = self._rejects.popleft().seq
            self.last_seq = event.seq

    def last(self, count: int) -> list[Event]:
        """The newest events, oldest first."""
        with self._lock:
            return list(islice(self._events, max(0, len(self._events) - count), None))

    def replay(self, since: int | None, count: int) -> tuple[list[Event], int]:
        """What a new reader gets first, and how many events after ``since`` are gone.

        A number that was never given belongs to an earlier life of this service: then everything is new.
        """
        if since is None:
            return self.last(count), 0
        if since > self.last_seq:
            since = 0
        kept = [event for event in self.last(self._events.maxlen or 0) if event.seq > since]
        first = kept[0].seq if kept else self.last_seq + 1
        return kept, max(0, first - since - 1)

    def after(self, seq: int, *, most_behind: int = MOST_BEHIND) -> Batch | None:
        """What comes after a number: the next event, or, far behind, every reject and then the newest.

        None when there is nothing. Raises TooFarBehind when rejects after that number are gone.
        """
        with self._lock:
            if seq >= self.last_seq or not self._events:
                return None
            upcoming, is_known = self._recent(seq, most_behind)
            newest = self._events[-1]
            if is_known:
                event = upcoming[-1]
                return Batch((event,), event.seq - seq - 1, with_frames=event is newest)
            if self.lost_rejects_up_to > seq:
                raise TooFarBehind
            rejects = [event for event in self._rejects if seq < event.seq < newest.seq]
        return Batch((*rejects, newest), newest.seq - seq - 1 - len(rejects), with_frames=True)

    def _recent(self, seq: int, most: int) -> tuple[list[Event], bool]:
        """Events after a number, newest first, and whether these are all of them."""
        found: list[Event] = []
        for event in reversed(self._events):
            if event.seq <= seq:
                return found, True
            if len(found) == most:
                return found, False
            found.append(event)
        return found, len(self._events) < (self._events.maxlen or 0)
