"""What is answered about likeness."""

from __future__ import annotations

from pydantic import Field

from pilothouse.hub.incidents.schemas import Incident
from pilothouse.wire.base import Message


class SimilarIncident(Message):
    """An incident that is like another, and why."""

    incident: Incident
    score: float = Field(description="From 0 to 1")
    same_rule: bool
    same_label: bool
    signals: float | None = Field(
        description="The share of what their signals did around the trigger that is the same; null without recordings"
    )


class SimilarIncidents(Message):
    """The most alike first."""

    items: list[SimilarIncident]
