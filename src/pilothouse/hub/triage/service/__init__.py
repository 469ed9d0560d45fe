"""What brings incidents to boards, and shows them to whoever works there."""

from pilothouse.hub.triage.service.everything import TriageServices, build_services

__all__ = ["TriageServices", "build_services"]
