"""Listens to a source for a while, and keeps of every topic only how fast and how large it is."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic

from pilothouse.kit.clock import NS_PER_S
from pilothouse.kit.errors import Unavailable
from pilothouse.mcap import Channel
from pilothouse.recorder.sources.base import Content, Source
from pilothouse.recorder.sources.runner import SourceRunner

LOOK_S = 0.05
# A topic whose clock is further off says nothing of how long was listened.
APART_NS = 600 * NS_PER_S


class NothingHeard(Unavailable):
    """Nothing was heard of {source} in {waited} s{reason}; check that it speaks, or wait longer with --wait."""


@dataclass(slots=True)
class HeardTopic:
    """What one topic was like."""

    topic: str
    type_name: str
    messages: int = 0
    bytes: int = 0
    largest_bytes: int = 0
    first_ns: int | None = None
    last_ns: int = 0

    def note(self, log_time_ns: int, size: int) -> None:
        """One message."""
        self.messages += 1
        self.bytes += size
        self.largest_bytes = max(self.largest_bytes, size)
        self.first_ns = log_time_ns if self.first_ns is None else min(self.first_ns, log_time_ns)
        self.last_ns = max(self.last_ns, log_time_ns)


class Survey:
    """A sink. Any number of threads may hand in messages."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channels: list[HeardTopic] = []
        self._known: dict[tuple[str, str], int] = {}
        self.messages = 0
        self.listened_s: float | None = None

    def channel(self, channel: Channel) -> int:
        type_name = channel.schema.name if channel.schema else ""
        with self._lock:
            number = self._known.setdefault((channel.topic, type_name), len(self._channels))
            if number == len(self._channels):
                self._channels.append(HeardTopic(channel.topic, type_name))
        return number

    def message(self, channel_id: int, log_time_ns: int, content: Content, publish_time_ns: int | None = None) -> None:
        with self._lock:
            self._channels[channel_id].note(log_time_ns, len(content))
            self.messages += 1

    def topics(self) -> list[HeardTopic]:
        """Those that said anything, by name."""
        with self._lock:
            return sorted((one for one in self._channels if one.messages), key=lambda one: one.topic)

    @property
    def span_s(self) -> float:
        """Seconds of message time that were heard, by the clock most messages share; of a live source never more than
        it was listened to."""
        heard = [(one.first_ns, one.last_ns, one.messages) for one in self.topics() if one.first_ns is not None]
        if not heard:
            return 0.0
        begin_ns, end_ns, _ = max(heard, key=lambda one: one[2])
        near = [one for one in heard if begin_ns - APART_NS <= one[0] and one[1] <= end_ns + APART_NS]
        span_s = (max(one[1] for one in near) - min(one[0] for one in near)) / NS_PER_S
        return span_s if self.listened_s is None else min(span_s, self.listened_s)


def listen(source: Source, *, seconds: float, wait_s: float) -> Survey:
    """For so many seconds after the first message, or to the end of a recording; raises NothingHeard."""
    survey = Survey()
    runner = SourceRunner(source, survey)
    runner.start()
    try:
        until = monotonic() + wait_s
        while not survey.messages and not runner.is_over and monotonic() < until:
            threading.Event().wait(LOOK_S)
        began = monotonic()
        until = began + seconds
        while not runner.is_over and monotonic() < until:
            threading.Event().wait(LOOK_S)
        error = runner.error
    finally:
        runner.ask_to_stop()
        runner.join(LOOK_S + 5)
    if source.live:
        survey.listened_s = monotonic() - began
    if not survey.messages:
        raise NothingHeard(source=source.name, waited=f"{wait_s:g}", reason=f" ({error})" if error else "")
    return survey
