"""How fast topics speak and what was lost of them lately, from samples taken once a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from pilothouse.kit.clock import NS_PER_S
from pilothouse.mcap import TopicCount

# Rates over this span: long enough for topics that speak every few seconds, short enough to notice silence.
RATE_SPAN_S = 10.0


@dataclass(frozen=True, slots=True)
class Losses:
    """Messages of each topic that left the ring too early, were thinned out, or could not be taken as messages."""

    dropped: dict[str, int] = field(default_factory=dict)
    thinned: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)

    def since(self, before: Losses) -> Losses:
        """What has been lost from then to now."""
        return Losses(
            _more(self.dropped, before.dropped),
            _more(self.thinned, before.thinned),
            _more(self.rejected, before.rejected),
        )


@dataclass(frozen=True, slots=True)
class Sample:
    at_ns: int
    topics: Mapping[str, TopicCount]
    losses: Losses


class TopicHistory:
    """Samples of what was counted, on the monotonic clock."""

    def __init__(self, keep_s: float) -> None:
        self.keep(keep_s)
        self._samples: deque[Sample] = deque()

    def keep(self, keep_s: float) -> None:
        """From now on samples go back so far."""
        self._keep_ns = round(max(keep_s, RATE_SPAN_S) * NS_PER_S)

    def add(self, at_ns: int, topics: Mapping[str, TopicCount], losses: Losses) -> None:
        """Everything counted so far."""
        self._samples.append(Sample(at_ns, topics, losses))
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

    def losses(self, now_ns: int, losses: Losses, span_s: float) -> Losses:
        """What was lost within the last `span_s` seconds, and at most a second before."""
        before = self._before(now_ns - round(span_s * NS_PER_S))
        return losses.since(before.losses if before else Losses())

    def _at_or_before(self, at_ns: int) -> Sample | None:
        """The last sample that is as old as this, or the oldest there is."""
        samples = list(self._samples)
        return self._before(at_ns) or (samples[0] if samples else None)

    def _before(self, at_ns: int) -> Sample | None:
        return next((one for one in reversed(list(self._samples)) if one.at_ns <= at_ns), None)


def _more(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    grown = {topic: count - before.get(topic, 0) for topic, count in now.items()}
    return {topic: count for topic, count in grown.items() if count > 0}
