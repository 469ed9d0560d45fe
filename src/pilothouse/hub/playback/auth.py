"""Whoever may see a recording may look into it."""

from __future__ import annotations

from pilothouse.hub.recordings.auth import OnlyRobot, RecordingWitness, check_evidence

__all__ = ["OnlyRobot", "RecordingWitness", "check_evidence"]
