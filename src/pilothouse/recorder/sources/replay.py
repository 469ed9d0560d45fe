"""A recorded flight, played as if it flew now."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Self

from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.errors import Problem
from pilothouse.mcap import Channel
from pilothouse.recorder.problems import SourceUnusable
from pilothouse.recorder.sources.base import Progress, SourceSink
from pilothouse.recorder.sources.config import ReplayConfig
from pilothouse.recorder.sources.flights import Extent, Flight, McapFlight, Unread
from pilothouse.recorder.sources.pace import Pace

# Shorter waits cost more than they bring: messages less than this early are handed in at once.
EARLY_NS = 1_000_000
# So much of a flight may be in memory at once however small the window is: what every recorder writes fits.
LEAST_BYTES = 8 << 20


class Replay:
    """Plays a recording at its own pace, faster, slower, or as fast as it can be read."""

    live = False

    def __init__(self, config: ReplayConfig, clock: Clock, flight: Flight, extent: Extent) -> None:
        self.name = f"replay:{config.path}"
        self.selection = config.selection
        self._config = config
        self._clock = clock
        self._flight = flight
        self._extent = extent
        self._played = 0

    @classmethod
    def open(cls, config: ReplayConfig, clock: Clock) -> Self:
        """Look at the file first, so that a wrong one is refused before anything starts; raises SourceUnusable."""
        return cls(config, clock, *open_flight(config.path))

    @property
    def path(self) -> Path:
        return self._config.path

    @property
    def progress(self) -> Progress:
        fraction = None if self._config.loop else min(1.0, self._played / self._extent.message_count)
        return Progress(self._played, fraction)

    def run(self, sink: SourceSink, stop: threading.Event) -> None:
        pace = Pace(
            first_ns=self._extent.start_ns, last_ns=self._extent.end_ns, begins_ns=self._clock.now_ns(),
            speed=self._config.speed,
        )  # fmt: skip
        begun_ns = self._clock.monotonic_ns()
        while not stop.is_set():
            try:
                self._play(sink, stop, pace, begun_ns)
            finally:
                sink.hold(0)
            if not self._config.loop:
                return
            pace.next_round()

    def _play(self, sink: SourceSink, stop: threading.Event, pace: Pace, begun_ns: int) -> None:
        channel_ids: dict[Channel, int] = {}
        hurried = self._config.speed == "max"
        for message in self._flight.messages(max(LEAST_BYTES, sink.most_bytes), sink.hold):
            log_time_ns = pace.log_time_ns(message.log_time_ns)
            if not hurried:
                early_ns = begun_ns + pace.due_ns(log_time_ns) - self._clock.monotonic_ns()
                if early_ns > EARLY_NS:
                    stop.wait(early_ns / NS_PER_S)
            if stop.is_set():
                return
            self._played += 1
            if isinstance(message, Unread):
                sink.turn_away(message.topic, message.size, log_time_ns)
                continue
            channel_id = channel_ids.get(message.channel)
            if channel_id is None:
                channel_id = channel_ids[message.channel] = sink.channel(message.channel)
            sink.message(channel_id, log_time_ns, message.content, pace.log_time_ns(message.publish_time_ns))
            del message  # it may be large, and the next is read now


def open_flight(path: Path) -> tuple[Flight, Extent]:
    """Look at a recording first, so that a wrong one is refused before anything starts; raises SourceUnusable."""
    flight = _flight(path)
    try:
        extent = flight.extent()
    except OSError as error:
        reason = "there is no such file." if isinstance(error, FileNotFoundError) else f"{error.strerror}."
        if path.is_dir():
            reason = "this directory is no bag of ROS 2: it has no metadata.yaml that can be read."
        raise SourceUnusable(path=path, reason=reason) from None
    except SourceUnusable:
        raise
    except Problem as problem:
        raise SourceUnusable(path=path, reason=problem.sentence) from None
    if not extent.message_count:
        raise SourceUnusable(path=path, reason="it holds no messages.")
    return flight, extent


def _flight(path: Path) -> Flight:
    if path.suffix == ".db3" or path.is_dir():
        from pilothouse.recorder.sources.ros2_bags import Ros2Flight

        return Ros2Flight(path)
    if path.suffix == ".bag":
        from pilothouse.recorder.sources.ros1_bags import Ros1Flight

        return Ros1Flight(path)
    return McapFlight(path)
