"""What the recorder counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from pilothouse.recorder.answers import Answers
from pilothouse.recorder.losses import NO_TOPIC


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
        yield from self._rules()
        yield from self._disk()

    def _rules(self) -> Iterator[Metric]:
        fired = CounterMetricFamily("pilothouse_recorder_triggers_fired", "Firings since the start", labels=["rule"])
        merged = CounterMetricFamily(
            "pilothouse_recorder_triggers_merged", "Firings held by a recording under way", labels=["rule"]
        )
        refused = CounterMetricFamily(
            "pilothouse_recorder_triggers_over_budget", "Firings without a recording: budget used up", labels=["rule"]
        )
        for rule in self._answers.rules():
            fired.add_metric([rule.name], rule.fired)
            merged.add_metric([rule.name], rule.merged)
            refused.add_metric([rule.name], rule.over_budget)
        yield fired
        yield merged
        yield refused

    def _disk(self) -> Iterator[Metric]:
        disk = self._answers.disk()
        yield GaugeMetricFamily("pilothouse_recorder_disk_free_bytes", "Free on the recordings' disk", disk.free_bytes)
        yield GaugeMetricFamily(
            "pilothouse_recorder_disk_reserved_bytes", "What recordings leave free of it", disk.reserved_bytes
        )
        yield CounterMetricFamily(
            "pilothouse_recorder_removed_recordings", "Recordings removed since the start", disk.removed
        )

    def _topics(self) -> Iterator[Metric]:
        received = CounterMetricFamily("pilothouse_recorder_messages", "Messages received", labels=["topic"])
        dropped = CounterMetricFamily(
            "pilothouse_recorder_dropped_messages", "Messages that left the buffer before their time", labels=["topic"]
        )
        thinned = CounterMetricFamily(
            "pilothouse_recorder_thinned_messages", "Messages left out by max_rate_hz", labels=["topic"]
        )
        rejected = CounterMetricFamily(
            "pilothouse_recorder_rejected_messages", "Messages that could not be recorded", labels=["topic"]
        )
        too_large = CounterMetricFamily(
            "pilothouse_recorder_too_large_messages", "Messages above a quarter of max_bytes, turned away",
            labels=["topic"],
        )  # fmt: skip
        missed = CounterMetricFamily(
            "pilothouse_recorder_missed_messages", "Messages that were sent and never came, where they bear numbers",
            labels=["topic"],
        )  # fmt: skip
        age = GaugeMetricFamily(
            "pilothouse_recorder_last_message_age_seconds", "How long each topic is silent", labels=["topic"]
        )
        topics = self._answers.topics()
        rejected.add_metric([NO_TOPIC], topics.unreadable)
        too_large.add_metric([NO_TOPIC], topics.too_large)
        for name, topic in topics.topics.items():
            received.add_metric([name], topic.message_count)
            dropped.add_metric([name], topic.dropped)
            thinned.add_metric([name], topic.thinned)
            rejected.add_metric([name], topic.bad)
            too_large.add_metric([name], topic.too_large)
            missed.add_metric([name], topic.missed)
            if topic.last_age_s is not None:
                age.add_metric([name], topic.last_age_s)
        yield from (received, dropped, thinned, rejected, too_large, missed, age)
