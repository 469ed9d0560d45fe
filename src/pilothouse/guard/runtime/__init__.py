"""The guard, put together: Stackfile, engine, adapters, loop, and all that hears of its cycles."""

from pilothouse.guard.runtime.answers import health_of, problems_of, status_of
from pilothouse.guard.runtime.assembly import assemble
from pilothouse.guard.runtime.boundaries import RunningBoundaries
from pilothouse.guard.runtime.counters import GuardCollector
from pilothouse.guard.runtime.problems import NoStackfile, RestartNeeded, TaskGone
from pilothouse.guard.runtime.records import Records, open_records
from pilothouse.guard.runtime.runtime import Runtime
from pilothouse.guard.runtime.status import LoopStatus, ReloadOutcome

__all__ = [
    "GuardCollector",
    "LoopStatus",
    "NoStackfile",
    "Records",
    "ReloadOutcome",
    "RestartNeeded",
    "RunningBoundaries",
    "Runtime",
    "TaskGone",
    "assemble",
    "health_of",
    "open_records",
    "problems_of",
    "status_of",
]
