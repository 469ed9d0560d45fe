"""The interface between whatever speaks and the recorder."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

from pilothouse.mcap import Channel


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a source has come; `fraction` is None where there is no end."""

    messages: int
    fraction: float | None = None


class Sink(Protocol):
    """Takes messages; never raises because of what a message holds."""

    def channel(self, channel: Channel) -> int:
        """The number under which messages of a channel are handed in."""
        ...

    def message(
        self, channel_id: int, log_time_ns: int, content: bytes, publish_time_ns: int | None = None
    ) -> None: ...


class Source(Protocol):
    """Runs in a thread of its own."""

    @property
    def name(self) -> str: ...

    @property
    def progress(self) -> Progress: ...

    def run(self, sink: Sink, stop: threading.Event) -> None:
        """Hand in messages until the end or until `stop`; raises what ends it otherwise."""
        ...
