"""What the recorder counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from pilothouse.recorder.answers import Answers


class RecorderCollector:
    """Read from the recorder when somebody asks, so that recording pays nothing for it."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def collect(self) -> Iterator[Metric]:
        health = self._answers.health()
        yield GaugeMetricFamily("pilothouse_recorder_buffer_messages", "Messages in the buffer", health.buffer_size)
        yield GaugeMetricFamily("pilothouse_recorder_buffer_bytes", "Memory the buffer takes", health.buffer_bytes)
        captures = GaugeMetricFamily("pilothouse_recorder_captures", "Captures by state", labels=["state"])
        for state, count in health.captures.items():
            captures.add_metric([state.value], count)
        yield captures
        yield from self._topics()
        fired = CounterMetricFamily("pilothouse_recorder_triggers_fired", "Firings since the start", labels=["rule"])
        for rule in self._answers.triggers().rules:
            fired.add_metric([rule.name], rule.fired)
        yield fired

    def _topics(self) -> Iterator[Metric]:
        received = CounterMetricFamily("pilothouse_recorder_messages", "Messages received", labels=["topic"])
        dropped = CounterMetricFamily(
            "pilothouse_recorder_dropped_messages", "Messages that left the buffer before their time", labels=["topic"]
        )
        thinned = CounterMetricFamily(
            "pilothouse_recorder_thinned_messages", "Messages left out by max_rate_hz", labels=["topic"]
        )
        for name, topic in self._answers.topics().topics.items():
            received.add_metric([name], topic.message_count)
            dropped.add_metric([name], topic.dropped)
            thinned.add_metric([name], topic.thinned)
        yield received
        yield dropped
        yield thinned
