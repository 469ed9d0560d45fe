"""What stands in for a recorder behind a source, and what runs a source as the recorder would."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from pilothouse.kit.clock import ManualClock
from pilothouse.mcap import Channel
from pilothouse.recorder.backoff import Backoff
from pilothouse.recorder.losses import Ledger, LeftOut
from pilothouse.recorder.sources import Source, SourceRunner
from pilothouse.recorder.sources.base import Content
from pilothouse.recorder.too_large import TooLarge


class Ear:
    """A sink that remembers every message; any number of threads may speak."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.channels: list[Channel] = []
        self.messages: list[tuple[str, int, bytes, int | None]] = []

    def channel(self, channel: Channel) -> int:
        with self._lock:
            if channel not in self.channels:
                self.channels.append(channel)
            return self.channels.index(channel)

    def message(self, channel_id: int, log_time_ns: int, content: Content, publish_time_ns: int | None = None) -> None:
        self.messages.append((self.channels[channel_id].topic, log_time_ns, bytes(content), publish_time_ns))

    most_bytes = sys.maxsize

    def hold(self, size: int) -> None: ...

    def refuse(self, topic: str, reason: str) -> None:
        raise AssertionError(f"{topic}: {reason}")

    def of(self, topic: str) -> list[bytes]:
        return [content for one, _, content, _ in list(self.messages) if one == topic]

    def counts(self) -> Counter[str]:
        return Counter(topic for topic, *_ in list(self.messages))

    def by_topic(self) -> dict[str, Channel]:
        return {channel.topic: channel for channel in list(self.channels)}


def turned_away(max_bytes: int = 1 << 20) -> tuple[TooLarge, LeftOut]:
    """What a recorder with so many bytes turns away, and where it is counted; a quarter of one MiB when absent."""
    counted = LeftOut(60)
    return TooLarge(counted, ManualClock(), max_bytes=max_bytes), counted


@contextmanager
def listening(
    source: Source, *, too_large: TooLarge | None = None, ledger: Ledger | None = None
) -> Iterator[tuple[SourceRunner, Ear]]:
    """A source with its runner, tried again quickly; it ends with the block."""
    ear = Ear()
    backoff = Backoff(initial_s=0.01, maximum_s=0.05)
    runner = SourceRunner(source, ear, backoff=backoff, too_large=too_large, ledger=ledger)
    runner.start()
    try:
        yield runner, ear
    finally:
        runner.ask_to_stop()
        runner.join(20)
        assert runner.is_over
