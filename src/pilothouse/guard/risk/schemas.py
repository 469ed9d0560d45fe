"""What the risk log answers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class RiskEventPage(BaseModel):
    """Events, newest first: telemetry events with ``event_id``, ``reason``, ``layer`` and what explains them."""

    events: list[dict[str, Any]]
    count: int = Field(description="How many these are")


class SessionEventPage(RiskEventPage):
    """The same from a recorded file; these have no number."""

    filename: str


class RiskStatistics(BaseModel):
    total: int
    rejected: int
    clamped: int
    by_risk_level: dict[str, int]
    avg_latency_ms: float | None = Field(description="Of whole cycles; null when there is no event")
    dropped: int = Field(description="Passed or clamped cycles that were not logged because the disk was behind")
    dropped_rejected: int = Field(description="Rejected cycles that were not logged; more than 0 only after minutes")
