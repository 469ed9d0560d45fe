"""The interface between whatever speaks and the recorder."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Protocol

from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Channel
from pilothouse.recorder.sources.selection import Selection

# The library of some sources tells of a message when it is whole: of the largest that is recorded this part, at least,
# fits in nothing that a recorder has to spare.
UNTOLD_PART = 4

log = get_logger("pilothouse.recorder")
Content = bytes | bytearray


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a source has come; `fraction` is None where there is no end.

    `uncounted` are topics of which it cannot be told what was lost before it came here, `*` for all of them.
    """

    messages: int
    fraction: float | None = None
    connected: bool = True
    connections: int = 0
    uncounted: frozenset[str] = frozenset()


class Sink(Protocol):
    """Takes messages; never raises because of what a message holds."""

    def channel(self, channel: Channel) -> int:
        """The number under which messages of a channel are handed in."""
        ...

    def message(
        self, channel_id: int, log_time_ns: int, content: Content, publish_time_ns: int | None = None
    ) -> None: ...


class SourceSink(Sink, Protocol):
    """A sink that can also be told of a channel that makes no sense, and of what is on its way."""

    @property
    def most_bytes(self) -> int:
        """A larger message is not recorded: whoever can spares itself the trouble of reading it."""
        ...

    def turn_away(self, topic: str, size: int, log_time_ns: int) -> None:
        """A message is larger than that; it is counted."""
        ...

    def miss(self, topic: str, count: int, log_time_ns: int) -> None:
        """So many were said before this one and have not come; they are counted."""
        ...

    def find(self, topic: str, log_time_ns: int) -> None:
        """One that was missed at that time has come after all."""
        ...

    def reject(self, topic: str, log_time_ns: int) -> None:
        """What came cannot be recorded; it is counted."""
        ...

    def refuse(self, topic: str, reason: str) -> None: ...

    def hold(self, size: int) -> None:
        """From now on the source holds so many bytes of messages that it has not handed in yet."""
        ...


class Source(Protocol):
    """Runs in a thread of its own."""

    @property
    def name(self) -> str: ...

    @property
    def live(self) -> bool:
        """Whether it goes on for ever: then it is started again however it ends."""
        ...

    @property
    def selection(self) -> Selection: ...

    @property
    def progress(self) -> Progress: ...

    def run(self, sink: SourceSink, stop: threading.Event) -> None:
        """Hand in messages until the end or until `stop`; raises what ends it otherwise."""
        ...


class LiveSource(ABC):
    """A peer that may come and go: one `run` is one connection."""

    live: ClassVar[bool] = True

    def __init__(self, name: str, selection: Selection) -> None:
        self.name = name
        self.selection = selection
        self._messages = 0
        self._connected = False
        self._connections = 0
        self._uncounted: set[str] = set()

    @property
    def progress(self) -> Progress:
        uncounted = frozenset(self._uncounted)
        return Progress(self._messages, None, self._connected, self._connections, uncounted)

    def run(self, sink: SourceSink, stop: threading.Event) -> None:
        try:
            self._listen(sink, stop)
        finally:
            self._connected = False
            sink.hold(0)

    @abstractmethod
    def _listen(self, sink: SourceSink, stop: threading.Event) -> None:
        """Connect, and hand in messages until the connection ends or until `stop`."""

    def _has_connected(self) -> None:
        if not self._connected:
            self._connected = True
            self._connections += 1
            log.info("a source is connected", source=self.name)
