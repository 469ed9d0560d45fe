"""What waits for one viewer, and what may be in the way of seeing a robot live. Pure."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

from pilothouse.kit.errors import Forbidden, Unavailable

# A viewer that reads at all is never so far behind; one that does not costs this much and no more.
MOST_MESSAGES = 512
MOST_BYTES = 8 << 20
# A robot stays connected so long after the last viewer said that it watches.
WANTED_FOR = timedelta(seconds=30)
RENEW_EVERY_S = 10.0
RENEW_AGAIN_S = 1.0


class RobotNotConnected(Unavailable):
    """{robot_id} did not connect within {seconds:g} s; it hears with its heartbeats that it is wanted. Try again."""


class RelayRefused(Forbidden):
    """{method} {path} does not pass the relay; what does is in docs/guides/live.md."""


class Backlog:
    """Messages that wait for a reader: the newest, images given up before words. One writer, one reader."""

    def __init__(self, most_messages: int = MOST_MESSAGES, most_bytes: int = MOST_BYTES) -> None:
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._waiting: deque[str | bytes] = deque()
        self._bytes = 0
        self.missed = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: str | bytes) -> None:
        self._waiting.append(message)
        self._bytes += len(message)
        while len(self._waiting) > self._most_messages or self._bytes > self._most_bytes:
            self._give_up_one()

    def take(self) -> tuple[list[str | bytes], int]:
        """Everything that waits, and how many were given up before it."""
        found, missed = list(self._waiting), self.missed
        self._waiting.clear()
        self._bytes = self.missed = 0
        return found, missed

    def _give_up_one(self) -> None:
        place = next((place for place, one in enumerate(self._waiting) if isinstance(one, bytes)), 0)
        self._bytes -= len(self._waiting[place])
        del self._waiting[place]
        self.missed += 1
