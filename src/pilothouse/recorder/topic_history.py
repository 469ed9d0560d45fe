"""How fast topics speak and what the ring dropped lately, from samples taken once a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import TopicCount

# Rates over this span: long enough for topics that speak every few seconds, short enough to notice silence.
RATE_SPAN_S = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    at_ns: int
    topics: Mapping[str, TopicCount]


class TopicHistory:
    """Samples of the ring's counters, on the monotonic clock."""

    def __init__(self, keep_s: float) -> None:
        self._keep_ns = round(max(keep_s, RATE_SPAN_S) * NS_PER_S)
        self._samples: deque[Sample] = deque()

    def add(self, at_ns: int, topics: Mapping[str, TopicCount]) -> None:
        self._samples.append(Sample(at_ns, topics))
        while len(self._samples) > 2 and at_ns - self._samples[1].at_ns >= self._keep_ns:
            self._samples.popleft()

    def rates_hz(self, now_ns: int, topics: Mapping[str, TopicCount]) -> dict[str, float]:
        """Messages per second of each topic over the last ten seconds, or for as long as it is known."""
        before = self._at_or_before(now_ns - round(RATE_SPAN_S * NS_PER_S))
        span_ns = now_ns - before.at_ns if before else 0
        if before is None or span_ns <= 0:
            return {}
        known = before.topics
        return {
            topic: round(
                (count.message_count - (known[topic].message_count if topic in known else 0)) * NS_PER_S / span_ns, 3
            )
            for topic, count in topics.items()
        }

    def drops(self, now_ns: int, topics: Mapping[str, TopicCount], span_s: float) -> dict[str, int]:
        """Messages of each topic that left the ring too early within the last `span_s` seconds."""
        before = self._at_or_before(now_ns - round(span_s * NS_PER_S))
        known = before.topics if before else {}
        lost = {
            topic: count.dropped - (known[topic].dropped if topic in known else 0) for topic, count in topics.items()
        }
        return {topic: count for topic, count in lost.items() if count > 0}

    def _at_or_before(self, at_ns: int) -> Sample | None:
        """The last sample not younger than this, or the oldest there is."""
        samples = list(self._samples)
        older = [one for one in samples if one.at_ns <= at_ns]
        return older[-1] if older else samples[0] if samples else None
