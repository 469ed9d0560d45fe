"""Who may see, report and decide about incidents."""

from __future__ import annotations

from pilothouse.hub.identity.auth import Operator, Reader, Writer
from pilothouse.hub.recordings.auth import IncidentWitness

__all__ = ["IncidentWitness", "Operator", "Reader", "Writer"]
