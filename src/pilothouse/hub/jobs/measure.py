"""What is counted about jobs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.01, 0.05, 0.25, 1.0, 5.0, 30.0, 120.0, 600.0)


class JobMetrics:
    """Runs by outcome, how long they took, and how many subjects wait."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._runs = Counter("pilothouse_job_runs", "Runs of jobs", ["job", "outcome"], registry=registry)
        self._seconds = Histogram(
            "pilothouse_job_seconds", "How long a job ran", ["job"], buckets=SECONDS, registry=registry
        )
        self._waiting = Gauge(
            "pilothouse_job_waiting",
            "Subjects that waited when rows were last looked through",
            ["job"],
            registry=registry,
        )

    @contextmanager
    def timed(self, job: str) -> Iterator[None]:
        outcome = "failed"
        try:
            with self._seconds.labels(job).time():
                yield
            outcome = "done"
        finally:
            self._runs.labels(job, outcome).inc()

    def waits(self, job: str, count: int) -> None:
        self._waiting.labels(job).set(count)
