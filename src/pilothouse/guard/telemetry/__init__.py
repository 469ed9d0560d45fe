"""What clients are told of running cycles."""

from pilothouse.guard.telemetry.events import event_of, outcome_of
from pilothouse.guard.telemetry.history import Batch, Event, History, TooFarBehind
from pilothouse.guard.telemetry.metric_bus import MetricBus
from pilothouse.guard.telemetry.reader import Reader, with_missed
from pilothouse.guard.telemetry.service import TelemetryService

__all__ = [
    "Batch",
    "Event",
    "History",
    "MetricBus",
    "Reader",
    "TelemetryService",
    "TooFarBehind",
    "event_of",
    "outcome_of",
    "with_missed",
]
