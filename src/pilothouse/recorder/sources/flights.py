"""What a replay plays; .mcap files are read here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from pilothouse.mcap import Message, TooMuchAtOnce, open_recording
from pilothouse.mcap.ring.beside import NOTICED_BYTES
from pilothouse.recorder.problems import SourceUnusable

MORE_ROOM = "set max_bytes to four times that or more."
# What is read is in memory once more, as the message that is handed in.
COPIES = 2


class Extent(NamedTuple):
    """How long a flight is."""

    start_ns: int
    end_ns: int
    message_count: int


class Unread(NamedTuple):
    """A message that is too large to be read at all."""

    topic: str
    log_time_ns: int
    size: int


class Flight(Protocol):
    """A recording, read from its beginning as often as it is wanted."""

    def extent(self) -> Extent: ...

    def messages(self, most_bytes: int, hold: Callable[[int], None]) -> Iterator[Message | Unread]:
        """``hold`` is told what is in memory of it, which is at most ``most_bytes``; raises SourceUnusable."""
        ...


class McapFlight:
    """An .mcap file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def extent(self) -> Extent:
        with open_recording(self._path) as recording:
            summary = recording.summary()
        return Extent(summary.start_ns or 0, summary.end_ns or 0, summary.message_count)

    def messages(self, most_bytes: int, hold: Callable[[int], None]) -> Iterator[Message]:
        holding = Holding(hold)
        with open_recording(self._path, most_held_bytes=most_bytes, hold=holding.unpack) as recording:
            try:
                for message in recording.messages():
                    holding.hand_in(len(message.content))
                    yield message
                    del message  # it may be large, and the next is read now
            except TooMuchAtOnce as problem:
                raise SourceUnusable(path=self._path, reason=f"{problem.facts['reason']}; {MORE_ROOM}") from None


class Holding:
    """What is in memory of a flight: chunks, and a message out of them."""

    def __init__(self, hold: Callable[[int], None]) -> None:
        self._hold = hold
        self._unpacked_bytes = self._message_bytes = 0

    def unpack(self, size: int) -> None:
        self._unpacked_bytes = size
        self._hold(size + self._message_bytes)

    def hand_in(self, size: int) -> None:
        # Small ones are looked after with all others on their way.
        noticed = COPIES * size if size >= NOTICED_BYTES else 0
        if noticed != self._message_bytes:
            self._message_bytes = noticed
            self._hold(self._unpacked_bytes + noticed)
