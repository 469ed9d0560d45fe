"""How long each stage, layer and guard took."""

from __future__ import annotations

from typing import Any

from pilothouse.guard.model import Cycle


class MetricBus:
    """Takes in cycles and remembers, of each guard, its latest time. One thread writes; anybody may read."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self.layers: dict[str, float] = {}
        self.guards: dict[str, float] = {}

    def observe(self, cycle: Cycle) -> None:
        """Take in the times of a cycle, in milliseconds."""
        latency = cycle.latency
        self.stages = {
            "source": latency.obs,
            "policy": latency.policy,
            "guards": latency.validate,
            "sink": latency.sink,
            "total": latency.total,
        }
        layers: dict[str, float] = {}
        guards = dict(self.guards)
        for status in cycle.verdict.guard_statuses:
            layers[status.layer.value] = layers.get(status.layer.value, 0.0) + status.latency_ms
            guards[status.name] = status.latency_ms
        # Replaced, not changed: a reader never sees half a cycle.
        self.layers, self.guards = layers, guards

    def perf(self, deadline_ms: float) -> dict[str, Any]:
        """The ``perf`` field of the event of the cycle taken in last."""
        return {
            "stages": self.stages,
            "layers": self.layers,
            "guards": self.guards,
            "deadline_ms": deadline_ms,
            "slack_ms": deadline_ms - self.stages.get("total", 0.0),
        }
