"""What carries webhooks in and out without being asked."""

from __future__ import annotations

from pilothouse.hub.jobs import Job, Jobs
from pilothouse.hub.webhooks.service import WebhookServices
from pilothouse.hub.webhooks.service.delivering import JOB

FORGET_EVERY_S = 3_600.0


def register(jobs: Jobs, services: WebhookServices) -> None:
    """Deliver what came in, follow boards for those outside, and forget, as long as the hub runs."""
    jobs.register(Job(JOB, services.delivering.run, services.delivering.pending))
    jobs.keep_running("tell boards' events", services.following.run)
    jobs.every(FORGET_EVERY_S, "forget payloads", services.delivering.forget)
