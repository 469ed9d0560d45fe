"""What the guard counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from pilothouse.guard.loop import JITTER_BUCKETS_MS, Counters, State
from pilothouse.guard.runtime.runtime import Runtime

_COUNTED = {
    "cycles": "Cycles run",
    "deadline_misses": "Cycles that were not done when the next was due",
    "skipped_ticks": "Ticks left out after a miss",
    "overruns": "Cycles that took longer than their budget",
    "late_policies": "Cycles in which the policy was not back in time",
    "late_sources": "Cycles in which a source was not back in time",
    "late_sinks": "Cycles whose action a sink had not taken in time",
    "fallbacks": "Cycles in which a fallback acted",
    "reloads": "Engines swapped in",
    "listener_failures": "Cycles that telemetry or a recording could not take in",
}


class GuardCollector:
    """Read from the runtime when somebody asks, so that the loop pays nothing for it."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        runtime = self._runtime
        counters = runtime.loop.counters
        state = GaugeMetricFamily("pilothouse_guard_state", "1 for the state of the loop", labels=["state"])
        for one in State:
            state.add_metric([one.value], 1.0 if runtime.loop.state is one else 0.0)
        yield state
        for name, words in _COUNTED.items():
            yield CounterMetricFamily(f"pilothouse_guard_{name}", words, getattr(counters, name))
        yield CounterMetricFamily(
            "pilothouse_guard_discarded_policies", "Actions that came too late", runtime.rig.late_policies_discarded
        )
        yield CounterMetricFamily(
            "pilothouse_guard_policy_restarts",
            "How often the process of the policy was begun again",
            runtime.rig.policy_restarts,
        )
        decisions = CounterMetricFamily("pilothouse_guard_decisions", "Cycles by decision", labels=["decision"])
        for decision, count in counters.decisions.items():
            decisions.add_metric([decision], count)
        yield decisions
        yield _jitter(counters)
        yield CounterMetricFamily("pilothouse_guard_emergency_stops", "Emergency stops", runtime.emergency.count)
        telemetry = runtime.telemetry
        yield GaugeMetricFamily("pilothouse_guard_telemetry_clients", "Clients of the telemetry", telemetry.readers)
        yield CounterMetricFamily(
            "pilothouse_guard_telemetry_dropped", "Cycles that came faster than they could be told", telemetry.dropped
        )


def _jitter(counters: Counters) -> Metric:
    buckets, total = [], 0
    for bound, count in zip([*(f"{ms / 1000:g}" for ms in JITTER_BUCKETS_MS), "+Inf"], counters.jitter, strict=True):
        total += count
        buckets.append((bound, total))
    found = HistogramMetricFamily("pilothouse_guard_jitter_seconds", "How long after its tick a cycle began")
    found.add_metric([], buckets, counters.jitter_sum_ms / 1000)
    return found
