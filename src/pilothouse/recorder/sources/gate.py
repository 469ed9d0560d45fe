"""What stands between one source and the recorder: it picks topics, thins them out, and survives strange channels."""

from __future__ import annotations

from collections import Counter

from pilothouse.kit.errors import Problem
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Channel
from pilothouse.recorder.sources.base import Sink
from pilothouse.recorder.sources.selection import RateLimit, Selection

# Channels under this number lead nowhere; a ring's are positive.
NOWHERE = -1

log = get_logger("pilothouse.recorder")


class Gate:
    """The sink a source sees."""

    def __init__(self, sink: Sink, selection: Selection) -> None:
        self._sink = sink
        self._selection = selection
        self._limits: dict[str, RateLimit | None] = {}
        self._limited: dict[int, tuple[str, RateLimit]] = {}
        self._refused: set[str] = set()
        self.thinned: Counter[str] = Counter()

    @property
    def refused(self) -> frozenset[str]:
        """Topics with a channel that cannot be recorded."""
        return frozenset(self._refused)

    def channel(self, channel: Channel) -> int:
        topic = channel.topic
        if not self._selection.wants(topic):
            return NOWHERE
        try:
            channel_id = self._sink.channel(channel)
        except Exception as error:  # noqa: BLE001 - whatever one channel is, the others are recorded
            self.refuse(topic, error.sentence if isinstance(error, Problem) else f"{type(error).__name__}: {error}")
            return NOWHERE
        if topic not in self._limits:
            self._limits[topic] = self._selection.limit(topic)
        limit = self._limits[topic]
        if limit is not None:
            self._limited[channel_id] = (topic, limit)
        return channel_id

    def refuse(self, topic: str, reason: str) -> None:
        """A channel cannot be recorded; said once for each topic."""
        if topic not in self._refused:
            self._refused.add(topic)
            log.warning("a topic cannot be recorded", topic=topic, reason=reason)

    def message(self, channel_id: int, log_time_ns: int, content: bytes, publish_time_ns: int | None = None) -> None:
        if channel_id in self._limited:
            topic, limit = self._limited[channel_id]
            if not limit.passes(log_time_ns):
                self.thinned[topic] += 1
                return
        if channel_id != NOWHERE:
            self._sink.message(channel_id, log_time_ns, content, publish_time_ns)
