"""How fast topics speak, from samples taken once a second."""

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
    """Samples of what was counted, on the monotonic clock."""

    def __init__(self, keep_s: float) -> None:
        self.keep(keep_s)
        self._samples: deque[Sample] = deque()

    def keep(self, keep_s: float) -> None:
        """From now on samples go back so far."""
        self._keep_ns = round(max(keep_s, RATE_SPAN_S) * NS_PER_S)

    def add(self, at_ns: int, topics: Mapping[str, TopicCount]) -> None:
        """Everything counted so far."""
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

    def quiet_s(self, now_ns: int, topics: Mapping[str, TopicCount]) -> float:
        """How long no message has come, as far as samples go back; at most a second too short."""
        total = sum(one.message_count for one in topics.values())
        since_ns = now_ns
        for sample in reversed(list(self._samples)):
            if sum(one.message_count for one in sample.topics.values()) != total:
                break
            since_ns = sample.at_ns
        return (now_ns - since_ns) / NS_PER_S

    def _at_or_before(self, at_ns: int) -> Sample | None:
        """The last sample that is as old as this, or the oldest there is."""
        samples = list(self._samples)
        before = next((one for one in reversed(samples) if one.at_ns <= at_ns), None)
        return before or (samples[0] if samples else None)
