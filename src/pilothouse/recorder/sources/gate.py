"""What stands between one source and the recorder: it picks topics, thins them out, and survives strange channels."""

from __future__ import annotations

import sys
from collections.abc import Callable

from pilothouse.kit.errors import Problem
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import Channel, RingClosed
from pilothouse.recorder.losses import NO_TOPIC, Ledger, LeftOut
from pilothouse.recorder.sources.base import Content, Sink
from pilothouse.recorder.sources.selection import RateLimit, Selection
from pilothouse.recorder.sources.topics import TopicRules
from pilothouse.recorder.too_large import NEVER_BYTES, TooLarge

# Channels under this number lead nowhere; a ring's are positive.
NOWHERE = -1

log = get_logger("pilothouse.recorder")


class Thinning:
    """Passes everything on, topics with a limit no faster than that."""

    def __init__(self, sink: Sink, selection: Selection, rules: TopicRules, thinned: LeftOut) -> None:
        self._sink = sink
        self._selection = selection
        self._rules = rules
        self._limits: dict[str, RateLimit | None] = {}
        self._topics: dict[int, str] = {}
        self._limited: dict[int, tuple[str, RateLimit]] = {}
        self._thinned = thinned

    @property
    def thinned(self) -> dict[str, int]:
        """Messages of each topic that its rate limit left out."""
        return self._thinned.counts

    def use(self, rules: TopicRules) -> None:
        """Other limits from now on."""
        self._rules, self._limits = rules, {}
        found = {channel_id: (topic, self._limit(topic)) for channel_id, topic in list(self._topics.items())}
        self._limited = {number: (topic, limit) for number, (topic, limit) in found.items() if limit is not None}

    def channel(self, channel: Channel) -> int:
        channel_id = self._sink.channel(channel)
        self._topics[channel_id] = channel.topic
        limit = self._limit(channel.topic)
        if limit is not None:
            self._limited[channel_id] = (channel.topic, limit)
        return channel_id

    def message(self, channel_id: int, log_time_ns: int, content: Content, publish_time_ns: int | None = None) -> None:
        if channel_id in self._limited:
            topic, limit = self._limited[channel_id]
            if not limit.passes(log_time_ns):
                self._thinned.add(topic, log_time_ns)
                return
        if channel_id != NOWHERE:
            self._sink.message(channel_id, log_time_ns, content, publish_time_ns)

    def _limit(self, topic: str) -> RateLimit | None:
        if topic not in self._limits:
            self._limits[topic] = self._selection.limit(topic) or self._rules.limit(topic)
        return self._limits[topic]


class Gate(Thinning):
    """The sink a source sees."""

    def __init__(
        self, sink: Sink, selection: Selection, rules: TopicRules | None = None, ledger: Ledger | None = None,
        hold: Callable[[int], None] = lambda size: None, too_large: TooLarge | None = None,
    ) -> None:  # fmt: skip
        self._ledger = ledger or Ledger(0)
        super().__init__(sink, selection, rules or TopicRules(), self._ledger.thinned)
        self._refused: set[str] = set()
        self._unusable: list[str] = []  # topics of channels under NOWHERE, by how far they are under it
        self._missing: set[str] = set()
        self._too_large = too_large
        self.hold = hold

    @property
    def most_bytes(self) -> int:
        return sys.maxsize if self._too_large is None else self._too_large.most_bytes

    @property
    def refused(self) -> frozenset[str]:
        """Topics with a channel that cannot be recorded."""
        return frozenset(self._refused)

    def channel(self, channel: Channel) -> int:
        if not self._selection.wants(channel.topic):
            return NOWHERE
        try:
            return super().channel(channel)
        except Exception as error:  # noqa: BLE001 - whatever one channel is, the others are recorded
            self.refuse(channel.topic, _reason(error))
            # Sources that are told of its messages all the same hand them in, to be counted.
            self._unusable.append(channel.topic)
            return NOWHERE - len(self._unusable)

    def message(self, channel_id: int, log_time_ns: int, content: Content, publish_time_ns: int | None = None) -> None:
        if channel_id < NOWHERE:
            self.reject(self._unusable[NOWHERE - channel_id - 1], log_time_ns)
            return
        size = len(content)
        if size > NEVER_BYTES and size > self.most_bytes and channel_id in self._topics:
            self.turn_away(self._topics[channel_id], size, log_time_ns)
            return
        try:
            super().message(channel_id, log_time_ns, content, publish_time_ns)
        except RingClosed:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one message does, the others are recorded
            topic = self._topics.get(channel_id, NO_TOPIC)
            self.reject(topic, log_time_ns)
            self.refuse(topic, _reason(error))

    def turn_away(self, topic: str, size: int, log_time_ns: int) -> None:
        """A message is larger than any that is recorded."""
        if self._too_large is not None and self._selection.wants(topic):
            self._too_large.turn_away(topic, size, log_time_ns)

    def miss(self, topic: str, count: int, log_time_ns: int) -> None:
        """Messages were said and have not come; said once for each topic."""
        if not self._selection.wants(topic):
            return
        self._ledger.missed.add(topic, log_time_ns, count)
        if topic not in self._missing:
            self._missing.add(topic)
            log.warning("messages were sent and never came; more of their topic are only counted", topic=topic)

    def find(self, topic: str, log_time_ns: int) -> None:
        """One of them has come after all."""
        if self._selection.wants(topic):
            self._ledger.missed.take_back(topic, log_time_ns)

    def reject(self, topic: str, log_time_ns: int) -> None:
        """A message that cannot be recorded."""
        self._ledger.rejected.add(topic, log_time_ns)

    def refuse(self, topic: str, reason: str) -> None:
        """A channel cannot be recorded; said once for each topic."""
        if topic not in self._refused:
            self._refused.add(topic)
            log.warning("a topic cannot be recorded", topic=topic, reason=reason)


def _reason(error: Exception) -> str:
    said = error.sentence if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
    return " ".join(said.split())[:300]
